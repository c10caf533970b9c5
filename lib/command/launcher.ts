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

const missing = (what: string): Error =>
  Object.assign(new Error(`pendingop/command: ${what}`), { code: 'ERR_COMMAND_LAUNCHER' });

/** launcher.c */
export const RELEASE = 0;
export const KILL_ALL = 255;
