// The program between this process and a command: binding/launcher/launcher.c, where all that it does is told.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

let found: string | undefined;

/** It lies beside the addon. */
export function launcher(): string {
  if (found !== undefined) return found;
  if (process.platform === 'win32') throw missing('commands cannot be run on Windows');
  const addon =
    process.env.PENDINGOP_ADDON ||
    (require('node-gyp-build') as { resolve(root: string): string }).resolve(join(__dirname, '../..'));
  const path = join(dirname(resolve(addon)), 'pendingop-launcher');
  if (!existsSync(path)) throw missing(`there is no ${path}; build the package again`);
  found = path;
  return path;
}

const missing = (what: string, cause?: unknown): Error =>
  Object.assign(new Error(`pendingop/command: ${what}`, { cause }), { code: 'ERR_COMMAND_LAUNCHER' });

const UNUSABLE = new Set(['ENOENT', 'EACCES', 'EPERM', 'ENOEXEC', 'ELIBBAD', 'ENOTDIR', 'ELOOP']);

/**
 * What a failure to start the launcher means: that the launcher cannot be used, whatever the command is, or undefined for
 * a lack of processes, memory or descriptors, which the command would meet too.
 */
export function launcherFailure(error: NodeJS.ErrnoException): Error | undefined {
  if (!UNUSABLE.has(error.code ?? '')) return undefined;
  return missing(
    `the launcher ${found} cannot be started (${error.code}); install the package again, on a file system that is not mounted noexec`,
    error,
  );
}

/** The launcher has ended without a word about the command: a loader that refused it, or a sandbox that ended it. */
export const launcherSilent = (code: number | null, signal: string | null, said: string): Error =>
  missing(
    `the launcher ${found} ended ${signal === null ? `with exit code ${code}` : `by ${signal}`} before it started the command` +
      (said === '' ? '' : `: ${said}`),
  );

/** launcher.c */
export const RELEASE = 0;
export const KILL_ALL = 255;
