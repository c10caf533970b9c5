// Finds the addon. node-gyp-build knows the places of builds and prebuilds, also those of Electron. If a prebuilt addon is
// this process's for certain, node-gyp-build is not asked. This module adds what node-gyp-build lacks: the C library is
// asked for, not guessed (libc.ts), and errors have a code.
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
  if (named === 'none')
    return { absence: new NoAddonError("PENDINGOP_ADDON is 'none': unset it to load the addon.") };
  if (named) return { addon: loadNamed(resolve(named)) };
  let found: string;
  try {
    found = locate();
  } catch (cause) {
    return { absence: new NoAddonError(`${hindrance(cause)}${describe()} ${ADVICE}`, cause) };
  }
  try {
    const addon = require(found) as unknown;
    path = found;
    return { addon };
  } catch (cause) {
    const { message } = cause as Error;
    return {
      absence: new NoAddonError(
        `${found} cannot be loaded: ${message.replace(/\.$/, '')}. ${describe()} ${ADVICE}`,
        cause,
      ),
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
  const ours = ownPrebuild();
  // An installed package has no build/ and no other addon that node-gyp-build would prefer: to load it and to have it
  // search takes longer than to load the addon.
  if (ours !== undefined && !isThere(join(root, 'build')) && !process.env.PENDINGOP_PREBUILD) return ours;
  let found: string;
  try {
    // It looks at files outside of this package as soon as it is loaded, which the permission model may forbid.
    const { resolve: find } = require('node-gyp-build') as NodeGypBuild;
    found = find(root);
  } catch (error) {
    if (ours === undefined) throw error;
    return ours;
  }
  return ours !== undefined && found.startsWith(prebuilds + sep) ? ours : found;
}

/** Says what hinders the search; an empty text: nothing, there is no addon. */
function hindrance(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === undefined
    ? ''
    : `No addon can be looked for: ${message.split('\n')[0]?.replace(/\.$/, '')}. `;
}

const libc: Libc | undefined = libcOfProcess();

/** The addon for this process, as its path below prebuilds/. */
export const PREBUILD = join(
  `${process.platform}-${process.arch}`,
  libc === undefined ? 'pendingop.node' : `pendingop.${libc}.node`,
);

function ownPrebuild(): string | undefined {
  const file = join(prebuilds, PREBUILD);
  return isThere(file) ? file : undefined;
}

/** Where the permission model forbids to look, Node 20 throws. */
function isThere(file: string): boolean {
  try {
    return existsSync(file);
  } catch {
    return false;
  }
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
  return [unpacked, beside].find(isThere);
}
