// The functions of fs/promises, each with the FUSE requests that it can hang on.
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { CallOptions, FileHandle } from '../../lib/fs/promises';
import * as fsp from '../../lib/fs/promises';
import type { Begun, Op } from './ops';
import { CONTENT, type Place } from './place';

type Facts = Omit<Op, 'name' | 'fn' | 'begin'>;
type Run = (place: Place, options: CallOptions | undefined) => Promise<unknown>;

/** `name`: of the function, and behind a comma of the step that hangs, if there are several. */
function onPath(name: string, facts: Facts, run: Run): Op {
  const begin = async (place: Place): Promise<Begun> => ({
    call: async (options) => {
      const value = await run(place, options);
      // The caller closes what the call has opened.
      if (value === null || typeof value !== 'object' || !('close' in value)) return value;
      await (value as FileHandle).close();
      return undefined;
    },
    end: async () => undefined,
  });
  return { name, fn: name.split(/[ ,]/)[0] as string, ...facts, begin };
}

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;
const exists = (name: string) => (place: Place) => existsSync(place.behind(name));
const gone = (name: string) => (place: Place) => !existsSync(place.behind(name));
const holds = (name: string, text: string) => (place: Place) =>
  readFileSync(place.behind(name), 'utf8') === text;
const modified = (name: string) => (place: Place) => statSync(place.behind(name)).mtimeMs === 2000;

const file = { path: 'file', changes: false } as const;
const change = { path: 'file', changes: true } as const;
const constants = fsp.constants;

/** The request on which copying hangs: the portable backend copies by reads and writes. */
const COPYING: Op['held'] =
  process.env.PENDINGOP_BACKEND === 'posix' ? ['write', 'copy'] : ['copy_file_range', 'file'];

export const pathOps: Op[] = [
  onPath('access', { ...file, held: ['access', 'file'], syscall: 'access', value: undefined }, (p, o) =>
    fsp.access(p.at('file'), constants.R_OK, o),
  ),
  onPath('appendFile, opening', { ...change, held: ['open', 'file'], syscall: 'open' }, (p, o) =>
    fsp.appendFile(p.at('file'), 'more', o),
  ),
  onPath(
    'appendFile, writing',
    { ...change, held: ['write', 'file'], syscall: 'write', done: holds('file', `${CONTENT}more`) },
    (p, o) => fsp.appendFile(p.at('file'), 'more', o),
  ),
  onPath(
    'chmod',
    {
      ...change,
      held: ['setattr', 'file'],
      syscall: 'chmod',
      done: (p) => (statSync(p.behind('file')).mode & 0o777) === 0o600,
    },
    (p, o) => fsp.chmod(p.at('file'), 0o600, o),
  ),
  onPath('chown', { ...change, held: ['setattr', 'file'], syscall: 'chown' }, (p, o) =>
    fsp.chown(p.at('file'), uid, gid, o),
  ),
  onPath(
    'copyFile, opening the source',
    { ...file, dest: 'copy', held: ['open', 'file'], syscall: 'copyfile' },
    (p, o) => fsp.copyFile(p.at('file'), p.at('copy'), 0, o),
  ),
  onPath(
    'copyFile, creating',
    { ...change, dest: 'copy', held: ['create', 'copy'], syscall: 'copyfile', done: exists('copy') },
    (p, o) => fsp.copyFile(p.at('file'), p.at('copy'), 0, o),
  ),
  onPath(
    'copyFile, copying',
    {
      ...change,
      dest: 'copy',
      held: COPYING,
      syscall: 'copyfile',
      done: holds('copy', CONTENT),
    },
    (p, o) => fsp.copyFile(p.at('file'), p.at('copy'), 0, o),
  ),
  onPath('lchown', { path: 'link', changes: true, held: ['setattr', 'link'], syscall: 'lchown' }, (p, o) =>
    fsp.lchown(p.at('link'), uid, gid, o),
  ),
  onPath(
    'link',
    { ...change, dest: 'made', held: ['link', ''], syscall: 'link', done: exists('made') },
    (p, o) => fsp.link(p.at('file'), p.at('made'), o),
  ),
  onPath('lstat', { path: 'link', changes: false, held: ['getattr', 'link'], syscall: 'lstat' }, (p, o) =>
    fsp.lstat(p.at('link'), o),
  ),
  onPath('lutimes', { path: 'link', changes: true, held: ['setattr', 'link'], syscall: 'lutime' }, (p, o) =>
    fsp.lutimes(p.at('link'), 1, 2, o),
  ),
  onPath(
    'mkdir',
    { path: 'made', changes: true, held: ['mkdir', 'made'], syscall: 'mkdir', done: exists('made') },
    (p, o) => fsp.mkdir(p.at('made'), { ...o }),
  ),
  onPath(
    'mkdir with recursive',
    { path: 'made/below', changes: true, held: ['mkdir', 'made'], syscall: 'mkdir', done: exists('made') },
    (p, o) => fsp.mkdir(p.at('made/below'), { ...o, recursive: true }),
  ),
  onPath('mkdtemp', { path: 'made-', changes: true, held: ['mkdir', 'made-'], syscall: 'mkdtemp' }, (p, o) =>
    fsp.mkdtemp(p.at('made-'), { ...o }),
  ),
  onPath('open', { ...file, held: ['open', 'file'], syscall: 'open' }, (p, o) =>
    fsp.open(p.at('file'), 'r', 0o666, o),
  ),
  onPath('open, looking up', { ...file, held: ['lookup', 'file'], syscall: 'open' }, (p, o) =>
    fsp.open(p.at('file'), 'r', 0o666, o),
  ),
  onPath(
    'open, creating',
    { path: 'made', changes: true, held: ['create', 'made'], syscall: 'open', done: exists('made') },
    (p, o) => fsp.open(p.at('made'), 'wx', 0o666, o),
  ),
  onPath('opendir', { path: 'full', changes: false, held: ['opendir', 'full'], syscall: 'opendir' }, (p, o) =>
    fsp.opendir(p.at('full'), { ...o }),
  ),
  onPath(
    'readdir, opening',
    { path: 'full', changes: false, held: ['opendir', 'full'], syscall: 'scandir' },
    (p, o) => fsp.readdir(p.at('full'), { ...o }),
  ),
  onPath(
    'readdir, reading',
    { path: 'full', changes: false, held: ['readdir', 'full'], syscall: 'scandir', value: ['a', 'b', 'one'] },
    (p, o) => fsp.readdir(p.at('full'), { ...o }),
  ),
  onPath(
    'readdir with types',
    { path: 'full', changes: false, held: ['readdir', 'full'], syscall: 'scandir' },
    (p, o) => fsp.readdir(p.at('full'), { ...o, withFileTypes: true }),
  ),
  onPath('readFile, opening', { ...file, held: ['open', 'file'], syscall: 'open' }, (p, o) =>
    fsp.readFile(p.at('file'), { ...o }),
  ),
  onPath('readFile, asking its size', { ...file, held: ['getattr', 'file'], syscall: 'fstat' }, (p, o) =>
    fsp.readFile(p.at('file'), { ...o }),
  ),
  onPath('readFile, reading', { ...file, held: ['read', 'file'], syscall: 'read', value: CONTENT }, (p, o) =>
    fsp.readFile(p.at('file'), { ...o, encoding: 'utf8' }),
  ),
  onPath(
    'readlink',
    { path: 'link', changes: false, held: ['readlink', 'link'], syscall: 'readlink', value: 'file' },
    (p, o) => fsp.readlink(p.at('link'), { ...o }),
  ),
  onPath(
    'realpath',
    { path: 'link', changes: false, held: ['readlink', 'link'], syscall: 'realpath' },
    (p, o) => fsp.realpath(p.at('link'), { ...o }),
  ),
  onPath(
    'rename',
    { ...change, dest: 'moved', held: ['rename', ''], syscall: 'rename', done: exists('moved') },
    (p, o) => fsp.rename(p.at('file'), p.at('moved'), o),
  ),
  onPath(
    'rmdir',
    { path: 'empty', changes: true, held: ['rmdir', 'empty'], syscall: 'rmdir', done: gone('empty') },
    (p, o) => fsp.rmdir(p.at('empty'), { ...o }),
  ),
  onPath('stat', { ...file, held: ['getattr', 'file'], syscall: 'stat' }, (p, o) =>
    fsp.stat(p.at('file'), { ...o }),
  ),
  onPath('stat, looking up', { ...file, held: ['lookup', 'file'], syscall: 'stat' }, (p, o) =>
    fsp.stat(p.at('file'), { ...o, bigint: true }),
  ),
  onPath('statfs', { ...file, held: ['statfs', 'file'], syscall: 'statfs' }, (p, o) =>
    fsp.statfs(p.at('file'), { ...o }),
  ),
  onPath(
    'symlink',
    {
      path: 'file',
      dest: 'made',
      changes: true,
      held: ['symlink', ''],
      syscall: 'symlink',
      done: (p) => exists('made')(p) && readlinkSync(p.behind('made')) === 'file',
    },
    (p, o) => fsp.symlink('file', p.at('made'), undefined, o),
  ),
  onPath('truncate, opening', { ...file, held: ['open', 'file'], syscall: 'open' }, (p, o) =>
    fsp.truncate(p.at('file'), 3, o),
  ),
  onPath(
    'truncate, cutting',
    { ...change, held: ['setattr', 'file'], syscall: 'ftruncate', done: holds('file', 'con') },
    (p, o) => fsp.truncate(p.at('file'), 3, o),
  ),
  onPath('unlink', { ...change, held: ['unlink', 'file'], syscall: 'unlink', done: gone('file') }, (p, o) =>
    fsp.unlink(p.at('file'), o),
  ),
  onPath(
    'utimes',
    { ...change, held: ['setattr', 'file'], syscall: 'utime', done: modified('file') },
    (p, o) => fsp.utimes(p.at('file'), 1, 2, o),
  ),
  onPath(
    'writeFile, creating',
    { path: 'made', changes: true, held: ['create', 'made'], syscall: 'open', done: exists('made') },
    (p, o) => fsp.writeFile(p.at('made'), 'data', { ...o }),
  ),
  onPath(
    'writeFile, writing',
    { path: 'made', changes: true, held: ['write', 'made'], syscall: 'write', done: holds('made', 'data') },
    (p, o) => fsp.writeFile(p.at('made'), 'data', { ...o }),
  ),
  onPath(
    'writeFile, flushing',
    // The bytes before the fsync may have reached the disk.
    { path: 'made', changes: true, held: ['fsync', 'made'], syscall: 'fsync', bytesDone: 4 },
    (p, o) => fsp.writeFile(p.at('made'), 'data', { ...o, flush: true }),
  ),
];
