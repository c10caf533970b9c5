// Finds the addon. node-gyp-build knows the places of builds and prebuilds, also those of Electron. This module adds
// what node-gyp-build lacks: the C library is asked for, not guessed (libc.ts), and errors have a code.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { type Libc, libcOfProcess } from './libc';
import { NoAddonError } from './no-addon-error';

interface NodeGypBuild {
  (root: string): unknown;
  resolve(root: string): string;
}

/** The folder of the package. This file is dist/engine/find-addon.js. */
const root = join(__dirname, '../..');
const prebuilds = join(root, 'prebuilds');

/** The program that starts commands. */
const LAUNCHER = process.platform === 'win32' ? 'pendingop-launcher.exe' : 'pendingop-launcher';

let path: string | undefined;

/** Returns the file of the addon that was loaded; undefined: there is none. */
export const addonPath = (): string | undefined => path;

/** Returns the addon, or why there is none. PENDINGOP_ADDON names another addon, or is 'none'. */
export function findAddon(): { addon: unknown } | { absence: NoAddonError } {
  const named = process.env.PENDINGOP_ADDON;
  if (named === 'none') return { absence: new NoAddonError("PENDINGOP_ADDON is 'none'.") };
  if (named) return { addon: loadNamed(resolve(named)) };
  let found: string;
  try {
    found = locate();
  } catch (cause) {
    return { absence: new NoAddonError(`${describe()} ${ADVICE}`, cause) };
  }
  try {
    const addon = require(found) as unknown;
    path = found;
    return { addon };
  } catch (cause) {
    const { message } = cause as Error;
    return {
      absence: new NoAddonError(`${found} cannot be loaded: ${message}. ${describe()} ${ADVICE}`, cause),
    };
  }
}

/** Loads the addon that PENDINGOP_ADDON names. A wrong name throws at once; no other addon is tried. */
function loadNamed(named: string): unknown {
  try {
    const addon = require(named) as unknown;
    path = named;
    return addon;
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(
      `PENDINGOP_ADDON names ${named}, which cannot be loaded as an addon (${message}): set it to the path of a pendingop.node, or unset it`,
      { cause },
    );
  }
}

function locate(): string {
  const { resolve: find } = require('node-gyp-build') as NodeGypBuild;
  const ours = ownPrebuild();
  let found: string;
  try {
    found = find(root);
  } catch (error) {
    if (ours === undefined) throw error;
    return ours;
  }
  return ours !== undefined && found.startsWith(prebuilds + sep) ? ours : found;
}

const libc: Libc | undefined = libcOfProcess();

function ownPrebuild(): string | undefined {
  const folder = join(prebuilds, `${process.platform}-${process.arch}`);
  const name = libc === undefined ? 'pendingop.node' : `pendingop.${libc}.node`;
  return existsSync(join(folder, name)) ? join(folder, name) : undefined;
}

const ADVICE =
  'Build it on this system from a clone of the repository (npm ci --ignore-scripts && npm run build), and set ' +
  'PENDINGOP_ADDON to the path of the pendingop.node that it makes; see docs/platforms.md.';

/** Says what this system is, and for which systems there are prebuilt addons. */
function describe(): string {
  const system = [process.platform, process.arch, libc].filter(Boolean).join('-');
  const there = namesIn(prebuilds).flatMap((folder) =>
    namesIn(join(prebuilds, folder))
      .filter((name) => name.endsWith('.node'))
      .map((name) => [folder, ...name.split('.').slice(1, -1)].join('-')),
  );
  const list = there.length === 0 ? 'none' : there.sort().join(', ');
  return `This is ${system}, Node ${process.versions.node}; pendingop has a prebuilt addon for: ${list}.`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Returns the path of the launcher, in the folder of the addon; undefined: there is no such file. Electron shows the files of an
 * asar archive as if they were in a folder, but only a file that was left beside the archive can be started
 * (https://github.com/electron/electron/issues/9459).
 */
export function launcherPath(): string | undefined {
  if (path === undefined) return undefined;
  const beside = join(dirname(path), LAUNCHER);
  const unpacked = beside.replace(/\.asar(?=[\\/])/, '.asar.unpacked');
  return [unpacked, beside].find((file) => existsSync(file));
}
