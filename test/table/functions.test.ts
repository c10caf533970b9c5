// Each function of the facade, as the table shows it.
import { writeFile as write } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OpKind, onPending, type PendingOp } from '../../lib';
import * as fsp from '../../lib/fs/promises';
import { withFolder } from '../fixtures/folder';

const { Top, File, Dir, Path } = OpKind;

describe('every function', () => {
  let file: string;
  let ops: PendingOp[];
  let off: () => void;

  afterEach(() => off());
  const folder = withFolder('functions');
  beforeEach(async () => {
    file = folder('file');
    await write(file, 'content');
    ops = [];
    off = onPending(({ type, op }) => {
      if (type === 'start') ops.push(op);
    });
  });

  type Row = [string, number, (file: string) => Promise<unknown>];
  const onPaths: Row[] = [
    ['access', Path, (f) => fsp.access(f)],
    ['appendFile', File, (f) => fsp.appendFile(f, 'x')],
    ['chmod', Path, (f) => fsp.chmod(f, 0o644)],
    ['chown', Path, (f) => fsp.chown(f, -1, -1)],
    ['copyFile', File, (f) => fsp.copyFile(f, `${f}2`)],
    ['cp', Path, (f) => fsp.cp(f, `${f}2`)],
    ['lchown', Path, (f) => fsp.lchown(f, -1, -1)],
    ['link', Path, (f) => fsp.link(f, `${f}2`)],
    ['lstat', Path, (f) => fsp.lstat(f)],
    ['lutimes', Path, (f) => fsp.lutimes(f, 1, 1)],
    ['mkdir', Dir, (f) => fsp.mkdir(`${f}2`)],
    ['mkdir', Dir, (f) => fsp.mkdir(`${f}2/3/4`, { recursive: true })],
    ['mkdtemp', Dir, (f) => fsp.mkdtemp(f)],
    ['open', File, async (f) => (await fsp.open(f)).close()],
    ['opendir', Dir, async (f) => (await fsp.opendir(join(f, '..'))).close()],
    ['readdir', Dir, (f) => fsp.readdir(join(f, '..'))],
    ['readdir', Dir, (f) => fsp.readdir(join(f, '..'), { recursive: true })],
    ['readFile', File, (f) => fsp.readFile(f)],
    ['readlink', Path, (f) => fsp.readlink(f).catch(() => undefined)],
    ['realpath', Path, (f) => fsp.realpath(f)],
    ['rename', Path, (f) => fsp.rename(f, `${f}2`)],
    ['rm', Path, (f) => fsp.rm(f)],
    ['rmdir', Dir, (f) => fsp.rmdir(f).catch(() => undefined)],
    ['stat', Path, (f) => fsp.stat(f)],
    ['statfs', Path, (f) => fsp.statfs(f)],
    ['truncate', File, (f) => fsp.truncate(f, 3)],
    ['unlink', Path, (f) => fsp.unlink(f)],
    ['utimes', Path, (f) => fsp.utimes(f, 1, 1)],
    ['writeFile', File, (f) => fsp.writeFile(f, 'x')],
  ];
  it.each(onPaths)('%s', async (name, kind, act) => {
    await act(file);
    const first = ops[0] as PendingOp;
    expect(first.fn()).toBe(name);
    expect(first.kind()).toBe(Top | kind);
    const inFolder = name === 'readdir' || name === 'opendir' ? folder() : file;
    const made = name === 'mkdir' ? `${file}2` : inFolder;
    expect(first.pathname().startsWith(made)).toBe(true);
    expect(String(first.params()[0]).startsWith(made)).toBe(true);
    expect(first.state).toBe('queued');
    for (const op of ops.slice(1)) {
      if ((op.kind() & Top) === 0) expect(op.parent).toBe(first.id);
    }
  });

  it('symlink, whose place is the link', async () => {
    await fsp.symlink('../target', folder('link'));
    expect(ops[0]?.fn()).toBe('symlink');
    expect(ops[0]?.kind()).toBe(Top | Path);
    expect(ops[0]?.pathname()).toBe(folder('link'));
    expect(ops[0]?.params()).toEqual(['../target', folder('link')]);
  });

  type HandleRow = [string, (handle: fsp.FileHandle) => Promise<unknown>, unknown[]];
  const onHandles: HandleRow[] = [
    ['appendFile', (h) => h.appendFile('x'), ['x']],
    ['chmod', (h) => h.chmod(0o644), [0o644]],
    ['chown', (h) => h.chown(-1, -1), [-1, -1]],
    ['datasync', (h) => h.datasync(), []],
    ['read', (h) => h.read(Buffer.alloc(9), 1, 2, 0), [9, 1, 2, 0]],
    ['readv', (h) => h.readv([Buffer.alloc(3)], 0), [[3], 0]],
    ['readFile', (h) => h.readFile('utf8'), ['utf8']],
    ['stat', (h) => h.stat({ bigint: true }), [{ bigint: true }]],
    ['sync', (h) => h.sync(), []],
    ['truncate', (h) => h.truncate(2), [2]],
    ['utimes', (h) => h.utimes(1, 2), [1, 2]],
    ['write', (h) => h.write(Buffer.from('abc'), 0, 2, 1), [3, 0, 2, 1]],
    ['write', (h) => h.write('abc', 1), ['abc', 1]],
    ['writev', (h) => h.writev([Buffer.from('abc'), Buffer.from('d')]), [[3, 1]]],
    ['writeFile', (h) => h.writeFile('abc'), ['abc']],
    ['close', (h) => h.close(), []],
  ];
  it.each(onHandles)('handle.%s', async (name, act, params) => {
    const handle = await fsp.open(file, 'r+');
    ops.length = 0;
    try {
      await act(handle);
    } finally {
      await handle.close();
    }
    expect(ops[0]?.fn()).toBe(name);
    expect(ops[0]?.kind()).toBe(Top | File);
    expect(ops[0]?.pathname()).toBe(file);
    expect(ops[0]?.params()).toEqual(params);
  });
});
