// Node's permission model (--permission): calls of this package are checked as Node's own functions check
// theirs before their system calls. While the model is off, this costs one comparison for each call.
import { constants } from 'node:fs';
import { resolve } from 'node:path';
import { Code } from '../engine/codes';
import { original } from '../node/original';
import { textOf } from '../node/path-text';
import { refusesOnHandles } from '../node/version';
import type { Call } from './index';

type Scope = 'fs.read' | 'fs.write';
type Has = (scope: Scope | 'fs', path?: string) => boolean;

/**
 * The model as it was when the package was loaded. A function that the program puts in its place later has no
 * effect.
 */
const has: Has | undefined = findModel();

/** Whether anything is checked at all. */
export const isRestricted = has !== undefined;

function findModel(): Has | undefined {
  const { permission } = process as { permission?: { has: Has } };
  if (permission === undefined || typeof permission.has !== 'function') return undefined;
  // In audit mode Node refuses nothing: it only reports accesses that it would refuse.
  const given = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
  if (given.includes('--permission-audit')) return undefined;
  return permission.has.bind(permission);
}

const {
  O_ACCMODE = 3,
  O_APPEND,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} = constants as typeof constants & {
  O_ACCMODE?: number;
};

const READS: Scope[] = ['fs.read'];
const WRITES: Scope[] = ['fs.write'];
const BOTH: Scope[] = ['fs.read', 'fs.write'];
const NOTHING: Scope[] = [];

function opens(flags: number): Scope[] {
  const access = flags & O_ACCMODE;
  if (access === O_WRONLY) return WRITES;
  return access === O_RDONLY && (flags & (O_APPEND | O_CREAT | O_TRUNC)) === 0 ? READS : BOTH;
}

/** Returns the permissions that a call needs for its path, and for its other path. */
function wantsOf(call: Call<unknown>): [path: Scope[], dest: Scope[]] {
  switch (call.type.code) {
    case Code.open:
    case Code.readFile:
    case Code.writeFile:
      return [opens(call.i0), NOTHING];
    case Code.access:
    case Code.stat:
    case Code.lstat:
    case Code.statfs:
    case Code.readdir:
    case Code.opendir:
    case Code.scan:
    case Code.readlink:
    case Code.realpath:
    case Code.watch:
      return [READS, NOTHING];
    case Code.truncate:
      return [BOTH, NOTHING];
    case Code.rename:
      return [BOTH, WRITES];
    case Code.link:
      return [BOTH, WRITES];
    case Code.copyFile:
      return [READS, WRITES];
    // The target of a symbolic link is text: no file is accessed.
    case Code.symlink:
      return [NOTHING, WRITES];
    case Code.custom:
    case Code.start:
      return [NOTHING, NOTHING];
    default:
      return [WRITES, NOTHING];
  }
}

/** The path as Node checks it: for mkdtemp, with X in place of the random letters. */
const placeOf = (call: Call<unknown>, path: string | Uint8Array): string =>
  call.type.code === Code.mkdtemp ? `${textOf(path)}XXXXXX` : textOf(path);

/**
 * Returns the error that Node's own functions have for a call that is not permitted; undefined if it is
 * permitted.
 */
export function notPermitted(call: Call<unknown>): unknown {
  if (has === undefined) return undefined;
  if (call.fd >= 0) return refusesOnHandle(call) ? said(call.type.syscall, call.fd) : undefined;
  if (call.type.code === Code.symlink && !has('fs')) return said('symlink', call.path, call.dest);
  const [path, dest] = wantsOf(call);
  return (
    refused(call, path, placeOf(call, call.path)) ??
    (call.dest === undefined ? undefined : refused(call, dest, textOf(call.dest)))
  );
}

function refused(call: Call<unknown>, scopes: Scope[], path: string): unknown {
  for (const scope of scopes) {
    if ((has as Has)(scope, resolve(path))) continue;
    // Node's own function makes the error: it checks the permission before it does anything.
    if (scope === 'fs.write') return said('mkdir', path);
    return said(call.type.code === Code.lstat ? 'lstat' : 'readdir', path);
  }
  return undefined;
}

/**
 * Whether Node refuses a call on a descriptor. It cannot tell which file a descriptor stands for, so while the model is
 * on it refuses these calls for all descriptors.
 */
function refusesOnHandle(call: Call<unknown>): boolean {
  const { syscall } = call.type;
  const ofHandle = call.handle !== undefined;
  return (ofHandle ? refusesOnHandles : ALL_ON_DESCRIPTORS).includes(syscall);
}

const ALL_ON_DESCRIPTORS = ['fchmod', 'fchown', 'fdatasync', 'fsync', 'futime'];

/** Synchronous functions with another name than the system call. */
const SYNC: Record<string, string> = { futime: 'futimesSync' };

/** Returns the error that Node's synchronous function throws. */
function said(name: string, ...args: unknown[]): unknown {
  const sync = original[SYNC[name] ?? `${name}Sync`] as (...given: unknown[]) => unknown;
  try {
    sync(...args, ...(name === 'fchmod' || name === 'fchown' || name === 'futime' ? [0, 0] : []));
  } catch (error) {
    return error;
  }
  return new Error(
    `Node's permission model forbids ${name} of '${String(args[0])}', but Node's own function did not throw`,
  );
}
