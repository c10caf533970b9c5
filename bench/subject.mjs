// The subject of the measurements: the package, imported by its own name, as by a program that depends on it.

/**
 * @typedef {object} Subject
 * @property {typeof import('node:fs/promises')} fsp
 * @property {typeof import('pendingop') | null} table  null with --ours=node
 */

/** @param {import('./args.mjs').Settings} settings @returns {Promise<Subject>} */
export async function loadSubject(settings) {
  if (settings.ours === 'node') return { fsp: await import('node:fs/promises'), table: null };
  return { fsp: await import('pendingop/fs/promises'), table: await import('pendingop') };
}

/**
 * @param {Subject} subject
 * @returns {typeof import('pendingop')}
 */
export function tableOf(subject) {
  if (!subject.table) throw new NotComparable('node:fs has no pending table');
  return subject.table;
}

/** Thrown by a case that cannot be measured here. Its message goes into the table. */
export class NotComparable extends Error {}
