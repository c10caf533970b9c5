// A lock that another program holds: a lease on a local file. The holder is a small C program, since Node cannot take
// a lease.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('lease.c', import.meta.url));

/**
 * @param {string} folder  where the program goes
 * @param {string} path  the file
 * @returns {Promise<{ why: string, end: () => void }>}  `why` there is no lock; '' if there is
 */
export async function holdLock(folder, path) {
  const none = (/** @type {string} */ why) => ({ why, end: () => {} });
  if (process.platform !== 'linux') return none('leases are Linux');
  const program = join(folder, 'hold-lease');
  try {
    execFileSync(process.env.CC || 'cc', ['-O2', source, '-o', program], { stdio: 'ignore' });
  } catch {
    return none('its holder could not be compiled');
  }
  fs.writeFileSync(path, 'mine\n');
  const holder = spawn(program, [path], { stdio: ['pipe', 'pipe', 'ignore'] });
  const said = await new Promise((resolve) => {
    holder.stdout.once('data', () => resolve('held'));
    holder.once('error', () => resolve(''));
    holder.once('exit', () => resolve(''));
  });
  if (said !== 'held') return none('the file system of the temporary folder gives no leases');
  holder.unref();
  unref(holder.stdin);
  unref(holder.stdout);
  return { why: '', end: () => holder.kill() };
}

/** In Node, a pipe to a child is a socket. @param {unknown} pipe */
function unref(pipe) {
  /** @type {import('node:net').Socket} */ (pipe).unref();
}
