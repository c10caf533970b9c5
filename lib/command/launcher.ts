// The launcher, a program between this process and a command. binding/launcher/launcher.c says what it does.
import { requireAddon } from '../engine/addon';
import { addonPath, launcherPath } from '../engine/find-addon';

/** Returns the path of the launcher, which lies beside the addon. */
export function launcher(): string {
  requireAddon('pendingop/command');
  const path = launcherPath();
  if (path === undefined)
    throw missing(`there is no pendingop-launcher beside ${addonPath()}; install the package again`);
  return path;
}

const missing = (what: string, cause?: unknown): Error =>
  Object.assign(new Error(`pendingop/command: ${what}`, { cause }), { code: 'ERR_COMMAND_LAUNCHER' });

const UNUSABLE = new Set(['ENOENT', 'EACCES', 'EPERM', 'ENOEXEC', 'ELIBBAD', 'ENOTDIR', 'ELOOP']);

/**
 * Returns the error if the launcher could not be started for a reason of its own. Returns undefined for a lack of
 * processes, memory or descriptors, which the command would meet, too.
 */
export function launcherFailure(error: NodeJS.ErrnoException): Error | undefined {
  if (!UNUSABLE.has(error.code ?? '')) return undefined;
  return missing(
    `the launcher ${launcher()} cannot be started (${error.code}); install the package again, on a file system that is not mounted noexec`,
    error,
  );
}

/** The launcher has ended without reporting on the command: the loader has refused it, or a sandbox has ended it. */
export const launcherSilent = (code: number | null, signal: string | null, said: string): Error =>
  missing(
    `the launcher ${launcher()} ended ${signal === null ? `with exit code ${code}` : `by ${signal}`} before it started the command` +
      (said === '' ? '' : `: ${said}`),
  );

/** The bytes that launcher.c takes for orders. */
export const RELEASE = 0;
export const KILL_ALL = 255;
