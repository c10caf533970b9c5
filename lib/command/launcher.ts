// The program between this process and a command: binding/launcher/launcher.c, where all that it does is told.
import { requireAddon } from '../engine/addon';
import { addonPath, besideAddon } from '../engine/find-addon';

/** It lies beside the addon. */
export function launcher(): string {
  if (process.platform === 'win32') throw missing('commands cannot be run on Windows');
  requireAddon('pendingop/command');
  const path = besideAddon('pendingop-launcher');
  if (path === undefined)
    throw missing(`there is no pendingop-launcher beside ${addonPath()}; build the package again`);
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
    `the launcher ${launcher()} cannot be started (${error.code}); install the package again, on a file system that is not mounted noexec`,
    error,
  );
}

/** The launcher has ended without a word about the command: a loader that refused it, or a sandbox that ended it. */
export const launcherSilent = (code: number | null, signal: string | null, said: string): Error =>
  missing(
    `the launcher ${launcher()} ended ${signal === null ? `with exit code ${code}` : `by ${signal}`} before it started the command` +
      (said === '' ? '' : `: ${said}`),
  );

/** launcher.c */
export const RELEASE = 0;
export const KILL_ALL = 255;
