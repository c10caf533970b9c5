// walk() and statMany(), which Node lacks. They make many calls, and report each one that was interrupted.
import type { Stats } from 'node:fs';
import type { statMany, WalkEntry, walk } from '../../lib/fs/promises';
import { pathAt } from './arguments';
import type { Host, Limits } from './calls';
import type { Inode } from './disk';
import type { Step } from './step';
import { kindOf, statValue } from './values';
import type { World } from './world';

interface Own {
  readonly walk: typeof walk;
  readonly statMany: typeof statMany;
}

const codeIn = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/**
 * An entry is `path:kind`, or `path!code` if it could not be read. With stats, the size of all but directories follows.
 */
function entryOf(entry: WalkEntry, root: string): string {
  const path = entry.path.slice(root.length + 1);
  if (entry.error !== undefined) return `${path}!${codeIn(entry.error)}`;
  const size = entry.stats === undefined || entry.isDirectory() ? '' : `:${entry.stats.size}`;
  return `${path}:${kindOf(entry)}${size}`;
}

export async function walked(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const root = pathAt(host.root, step.path);
  const found: string[] = [];
  const { walk } = host.api.promises as Own;
  for await (const entry of walk(root, { stats: step.types ?? false, ...limits }))
    found.push(entryOf(entry, root));
  return found.sort();
}

export async function manyStats(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const { statMany } = host.api.promises as Own;
  const paths = (step.paths ?? []).map((path) => pathAt(host.root, path));
  const found = await statMany(paths, { followLinks: step.follow ?? true, ...limits });
  return found.map((one) =>
    one.status === 'fulfilled' ? statValue(one.value as Stats) : codeIn(one.reason),
  );
}

const ENDED = /^(EINTR|ETIMEDOUT|ERR_MOUNT_STALLED)$/;

/** Returns whether it is the error of a part that was interrupted together with the whole. */
export const isEnded = ({ ending }: Step, code: unknown): boolean =>
  ending !== undefined && typeof code === 'string' && ENDED.test(code);

/**
 * Returns what walk() should find, given that it has found `got`. Below a directory whose listing was interrupted,
 * anything may be missing.
 */
export function walkOf(world: World, step: Step, got: unknown): string[] {
  const from = world.disk.dir(step.path ?? '');
  const ended = new Set<string>();
  for (const text of Array.isArray(got) ? (got as string[]) : []) {
    const [path = '', code] = text.split('!');
    if (isEnded(step, code)) ended.add(path);
  }
  const given = new Set(Array.isArray(got) ? (got as string[]) : []);
  const found: string[] = [];
  const visit = (dir: Inode, prefix: string, mayMiss: boolean): void => {
    for (const [name, id] of dir.entries) {
      const path = prefix + name;
      const node = world.disk.inode(id);
      const { kind } = node;
      const size = kind === 'file' ? node.data.length : Buffer.byteLength(node.target);
      const text = `${path}:${kind}${step.types && kind !== 'dir' ? `:${size}` : ''}`;
      const isThere = given.has(text);
      const hit = ended.has(path);
      if (isThere || !(hit || mayMiss)) found.push(text);
      for (const other of hit ? given : []) if (other.startsWith(`${path}!`)) found.push(other);
      if (kind === 'dir') visit(node, `${path}/`, mayMiss || hit);
    }
  };
  visit(from, '', false);
  return found.sort();
}
