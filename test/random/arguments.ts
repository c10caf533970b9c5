// The arguments of a step's function, without `signal` and `timeout`.
import { constants } from 'node:fs';
import { basename } from 'node:path';
import { bytesOf, type CpOptions, type Step, thirdOf } from './step';

/** Returns the path below the root of the sequence that a function is called with. */
export const pathAt = (root: string, path: string | undefined): string => (path ? `${root}/${path}` : root);

/** Buffers for reads, bytes for writes; several for functions that take several. */
export function dataOf(step: Step): Buffer[] {
  const { fn, length = 0 } = step;
  const whole = fn.startsWith('read') ? Buffer.alloc(length) : bytesOf(step);
  if (!fn.endsWith('v')) return [whole];
  const half = length >> 1;
  return [Buffer.from(whole.subarray(0, half)), Buffer.from(whole.subarray(half))];
}

export function piecesOf(bytes: Buffer): Buffer[] {
  const third = thirdOf(bytes);
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += third) pieces.push(bytes.subarray(from, from + third));
  return pieces;
}

function flagsOf(text: string | undefined): string | number | undefined {
  if (!text?.startsWith('O_')) return text;
  return text.split('|').reduce((sum, name) => sum | constants[name as 'O_RDWR'], 0);
}

function cpOptions({ skips, ...options }: CpOptions = {}): object {
  if (skips === undefined) return options;
  return { ...options, filter: (_: string, dest: string) => basename(dest) !== skips };
}

/** The limits, and the function's own options. */
export function argumentsOf(
  root: string,
  step: Step,
  data: readonly Buffer[],
): [args: unknown[], options?: object] {
  const { fn, mode, length = 0, time, target, recursive, force, types, uid, gid, bufferSize } = step;
  const path = pathAt(root, step.path);
  const dest = pathAt(root, step.dest);
  const position = step.position ?? null;
  const flags = flagsOf(step.flags);
  switch (fn) {
    case 'open':
      return [[path, flags, mode]];
    case 'read':
    case 'write':
      return [[data[0], 0, length, position]];
    case 'readv':
    case 'writev':
      return [[data, position]];
    case 'ftruncate':
      return [[length]];
    case 'fchmod':
      return [[mode]];
    case 'fchown':
      return [[uid, gid]];
    case 'futimes':
      return [[time, time]];
    case 'handleWriteFile':
    case 'handleAppendFile':
      return [[data[0]], {}];
    case 'handleReadFile':
      return [[], {}];
    case 'writeFile':
      return [[path, data[0]], flags === undefined ? {} : { flag: flags, mode }];
    case 'writeChunks':
      return [[path, piecesOf(data[0] as Buffer)], { flag: flags, mode }];
    case 'appendFile':
      return [[path, data[0]], {}];
    case 'truncate':
      return [[path, length]];
    case 'mkdir':
      return [[path], { mode, recursive }];
    case 'rm':
      return [[path], { recursive, force }];
    case 'cp':
      return [[path, dest], cpOptions(step.options)];
    case 'readdir':
      return [[path], { recursive, withFileTypes: types }];
    case 'list':
    case 'opendir':
      return [
        [path],
        { ...(bufferSize === undefined ? {} : { bufferSize }), ...(recursive ? { recursive } : {}) },
      ];
    case 'readFile':
    case 'stat':
    case 'lstat':
    case 'statfs':
    case 'readlink':
    case 'realpath':
    case 'mkdtemp':
    case 'rmdir':
      return [[path], {}];
    case 'unlink':
    case 'exists':
      return [[path]];
    case 'rename':
    case 'link':
      return [[path, dest]];
    case 'symlink':
      return [[target, path, 'file']];
    case 'copyFile':
      return [[path, dest, force ? 1 : 0]];
    case 'chmod':
    case 'access':
      return [[path, mode]];
    case 'chown':
    case 'lchown':
      return [[path, uid, gid]];
    case 'utimes':
    case 'lutimes':
      return [[path, time, time]];
    default:
      return [[]]; // close, fstat, fsync, fdatasync, what is read of a Dir
  }
}
