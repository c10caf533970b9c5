import { execFileSync } from 'node:child_process';
import type { CopyOptions } from 'node:fs';
import fs from 'node:fs';
import net from 'node:net';
import { cases, onTree, type Scenario, settle, tree } from './harness';

/* cp(): what it copies, and each of its refusals. */

const cp =
  (from: string, to: string, options?: unknown): Scenario =>
  (fsp, dir) =>
    fsp.cp(`${dir}/${from}`, `${dir}/${to}`, options as CopyOptions);
/** A scenario that prepares the directory first. */
const given =
  (prepare: (dir: string) => void, ...acts: Scenario[]): Scenario =>
  (fsp, dir) => {
    prepare(dir);
    return onTree(...acts)(fsp, dir);
  };

const recursive = { recursive: true };
const names = [
  'file.txt',
  'empty',
  'exec.sh',
  'sub',
  'emptydir',
  'link',
  'dirlink',
  'dangling',
  'loop',
  'missing',
  'sub/',
  'file.txt/',
];

cases('cp', {
  'each kind': onTree(...names.map((name, i) => cp(name, `new${i}`))),
  'each kind, recursive': onTree(...names.map((name, i) => cp(name, `new${i}`, recursive))),
  'dereferenced, to links that lead to where other files are copied': given(
    (dir) => {
      fs.mkdirSync(`${dir}/from`);
      fs.mkdirSync(`${dir}/to`);
      for (let i = 0; i < 8; i++) {
        fs.writeFileSync(`${dir}/from/one${i}`, 'a'.repeat(200_000));
        fs.writeFileSync(`${dir}/from/other${i}`, 'b'.repeat(100_000));
        fs.symlinkSync(`other${i}`, `${dir}/to/one${i}`);
      }
    },
    cp('from', 'to', { recursive: true, dereference: true }),
  ),
  'to the directory that it is in, over what is copied next': given(
    (dir) => {
      fs.mkdirSync(`${dir}/from/from`, { recursive: true });
      for (let i = 0; i < 8; i++) {
        fs.writeFileSync(`${dir}/from/file${i}`, `outer ${i}`, { mode: 0o644 });
        fs.writeFileSync(`${dir}/from/from/file${i}`, `inner ${i}`, { mode: 0o600 });
      }
    },
    cp('from', '.', recursive),
  ),
  'each kind, dereferenced': onTree(
    ...names.map((name, i) => cp(name, `new${i}`, { recursive: true, dereference: true })),
  ),
  'each kind over a file': onTree(...names.map((name) => cp(name, 'utf8.txt', recursive))),
  'each kind over a directory': onTree(...names.map((name) => cp(name, 'emptydir', recursive))),
  'each kind over itself': onTree(...names.map((name) => cp(name, name, recursive))),
  'each kind over links': onTree(
    ...names.flatMap((name) => ['link', 'dirlink', 'dangling', 'loop'].map((to) => cp(name, to, recursive))),
  ),
  'parents are made': onTree(
    cp('file.txt', 'a/b/c'),
    cp('sub', 'x/y', recursive),
    cp('file.txt', 'empty/under'),
    cp('sub', 'file.txt/x', recursive),
  ),
  'a directory into itself': onTree(
    cp('sub', 'sub/in', recursive),
    cp('sub', 'sub/deep/in', recursive),
    cp('sub', 'dirlink/in', recursive),
    cp('sub/deep', 'sub', recursive),
    cp('.', 'sub/in', recursive),
    cp('sub', 'sub2', recursive),
  ),
  'with links inside': given(
    (dir) => {
      fs.symlinkSync('a.txt', `${dir}/sub/rel`);
      fs.symlinkSync(`${dir}/file.txt`, `${dir}/sub/abs`);
      fs.symlinkSync('deep', `${dir}/sub/dir`);
      fs.symlinkSync('nothing', `${dir}/sub/none`);
    },
    cp('sub', '1', recursive),
    cp('sub', '2', { recursive: true, verbatimSymlinks: true }),
    cp('sub', '3', { recursive: true, dereference: true }),
    cp('sub', '1', recursive),
    cp('sub', '2', { recursive: true, verbatimSymlinks: true }),
    cp('sub', '1', { recursive: true, errorOnExist: true, force: false }),
  ),
  'links to a subdirectory of the other side': given(
    (dir) => {
      for (const name of ['src', 'dst', 'dst/inner', 'src/inner']) fs.mkdirSync(`${dir}/${name}`);
      fs.symlinkSync(`${dir}/src/inner`, `${dir}/src/link`);
      fs.symlinkSync(`${dir}/src`, `${dir}/dst/link`);
    },
    cp('src', 'dst', recursive),
    cp('dst', 'src', recursive),
  ),
  'overwrites, or does not': onTree(
    cp('file.txt', 'empty', { force: false }),
    cp('file.txt', 'empty', { force: false, errorOnExist: true }),
    cp('file.txt', 'empty', { errorOnExist: true }),
    cp('sub', 'emptydir', recursive),
    cp('sub', 'emptydir', { ...recursive, force: false, errorOnExist: true }),
    cp('sub', 'emptydir', { ...recursive, force: false }),
    cp('exec.sh', 'empty', { force: true }),
    cp('link', 'dangling', { force: false, errorOnExist: true }),
  ),
  'read-only files and directories': given(
    (dir) => {
      fs.chmodSync(`${dir}/sub/a.txt`, 0o444);
      fs.chmodSync(`${dir}/sub/deep`, 0o555);
    },
    cp('sub', 'new', recursive),
    cp('sub', 'new', recursive),
  ),
  'preserves times': async (fsp, dir) => {
    fs.utimesSync(`${dir}/sub/a.txt`, 1000, 2000.5);
    fs.chmodSync(`${dir}/sub/b.txt`, 0o444);
    // The times are rounded to whole milliseconds, not cut off.
    fs.utimesSync(`${dir}/sub/b.txt`, 3000.0007, 4000.0016);
    await fsp.cp(`${dir}/sub`, `${dir}/new`, { recursive: true, preserveTimestamps: true });
    const files = ['a.txt', 'b.txt'].map((name) => fs.statSync(`${dir}/new/${name}`));
    return [files.map((each) => [each.mtimeMs, each.mode]), tree(dir)];
  },
  'preserves times of directories': async (fsp, dir) => {
    const times = () =>
      ['new', 'new/deep', 'new/deep/c.txt'].map((name) => {
        const { mtimeMs } = fs.statSync(`${dir}/${name}`);
        return mtimeMs > 1e9 ? 'now' : mtimeMs;
      });
    const set = (seconds: number) => {
      for (const name of ['sub/deep/c.txt', 'sub/deep', 'sub'])
        fs.utimesSync(`${dir}/${name}`, seconds, seconds + 0.1236);
    };
    const copy = (options: CopyOptions) =>
      fsp.cp(`${dir}/sub`, `${dir}/new`, { ...recursive, preserveTimestamps: true, ...options });
    set(1000);
    await copy({});
    const seen = [times()];
    set(2000);
    await copy({});
    seen.push(times());
    fs.rmSync(`${dir}/new`, recursive);
    await copy({ filter: () => true });
    return [...seen, times()];
  },
  modes: onTree(
    ...[0, 1, 2, 4, 7, 8, -1, 1.5, '1', null, {}].map((mode, i) => cp('file.txt', `new${i}`, { mode })),
    ...[0, 1, 2].map((mode) => cp('file.txt', 'empty', { mode })),
  ),
  filters: async (fsp, dir) => {
    const seen: unknown[] = [];
    const filter = (answer: (name: string) => unknown) => (from: string, to: string) => {
      seen.push([from, to]);
      return answer(from) as boolean;
    };
    const copy = (to: string, answer: (name: string) => unknown) =>
      settle(() => fsp.cp(`${dir}/sub`, `${dir}/${to}`, { recursive: true, filter: filter(answer) }));
    const done = [
      await copy('1', () => true),
      await copy('2', () => false),
      await copy('3', (name) => !name.endsWith('a.txt')),
      await copy('4', async (name) => !name.endsWith('deep')),
      await copy('5', () => 'truthy'),
      await copy('6', () => undefined),
      await copy('7', (name) => {
        if (name.endsWith('b.txt')) throw new RangeError('not this');
        return true;
      }),
      await copy('8', async () => {
        throw 'a string';
      }),
    ];
    return [done, seen.map(String).sort(), tree(dir)];
  },
  'options that are not right': onTree(
    ...[
      'dereference',
      'errorOnExist',
      'force',
      'preserveTimestamps',
      'recursive',
      'verbatimSymlinks',
      'filter',
    ].flatMap((option) => [1, null, 'yes', {}].map((value) => cp('file.txt', 'new', { [option]: value }))),
    cp('file.txt', 'new', { dereference: true, verbatimSymlinks: true }),
    cp('file.txt', 'new', { dereference: undefined, force: undefined, filter: undefined, mode: undefined }),
    cp('sub', 'new', { recursive: undefined }),
  ),
  'paths as URL and Buffer': onTree(
    (fsp, dir) => fsp.cp(new URL(`file://${dir}/file.txt`), new URL(`file://${dir}/new`)),
    (fsp, dir) => fsp.cp(new URL(`file://${dir}/sub`), new URL(`file://${dir}/new2`), recursive),
    (fsp, dir) => fsp.cp(Buffer.from(`${dir}/file.txt`) as unknown as string, `${dir}/new3`),
  ),
  'a FIFO and a device': given(
    (dir) => void execFileSync('mkfifo', [`${dir}/fifo`, `${dir}/sub/fifo`]),
    cp('fifo', 'new'),
    cp('fifo', 'new', recursive),
    cp('file.txt', 'fifo', { force: false }),
    cp('sub', 'new2', recursive),
  ),
  'a socket': async (fsp, dir) => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(`${dir}/socket`, resolve));
    const seen = await onTree(cp('socket', 'new'), cp('socket', 'new', recursive))(fsp, dir);
    await new Promise((resolve) => server.close(resolve));
    return seen;
  },
  'names that are not UTF-8': given(
    (dir) => {
      const bytes = (name: string) => Buffer.from(`${dir}/${name}`, 'latin1');
      fs.writeFileSync(bytes('emptydir/\xff\xfe'), 'x');
      fs.mkdirSync(bytes('sub/deep/\xfd'));
      fs.symlinkSync(Buffer.from('\xfa/../\xfb', 'latin1'), bytes('sub/deep/\xfd/link'));
    },
    cp('emptydir', 'new', recursive),
    cp('sub', 'other', recursive),
    cp('sub', 'verbatim', { recursive: true, verbatimSymlinks: true }),
  ),
  // Node 26 copies a directory to a new path in another way.
  'each kind, in a directory': given(
    (dir) => {
      for (const kind of ['fifo', 'null', 'loop', 'socket']) fs.mkdirSync(`${dir}/has/${kind}`, recursive);
      execFileSync('mkfifo', [`${dir}/has/fifo/f`]);
      fs.symlinkSync('loop', `${dir}/has/loop/loop`);
      if (process.getuid?.() === 0) execFileSync('mknod', [`${dir}/has/null/n`, 'c', '1', '3']);
    },
    ...['fifo', 'null', 'loop'].map((kind) => cp(`has/${kind}`, `new-${kind}`, recursive)),
  ),
  'links of a directory': given(
    (dir) => {
      const targets = [
        'deep',
        'deep/',
        '.',
        '..',
        '../..',
        'a//b/./c',
        './../sub',
        '../../..//',
        'a/..',
        '/',
        '/../etc/',
      ];
      for (const [i, target] of targets.entries()) fs.symlinkSync(target, `${dir}/sub/deep/${i}`);
    },
    cp('sub', 'new', recursive),
    cp('.//sub/../sub//', 'other', recursive),
    cp('sub', 'verbatim', { recursive: true, verbatimSymlinks: true }),
    cp('sub', 'filtered', { recursive: true, filter: () => true }),
    cp('sub', './/more/', recursive),
    cp('sub', 'more/./deep/../../last', recursive),
    cp('sub', 'nothing/../here', recursive),
  ),
  'modes of a directory': given(
    (dir) => {
      fs.chmodSync(`${dir}/sub/deep`, 0o1730);
      fs.chmodSync(`${dir}/sub/a.txt`, 0o6751);
      fs.chmodSync(`${dir}/sub/b.txt`, 0);
      fs.chmodSync(`${dir}/sub`, 0o2500);
    },
    cp('sub', 'new', recursive),
    cp('sub', 'with-times', { recursive: true, preserveTimestamps: true }),
    ...[0, 1, 2, 4].map((mode) => cp('sub', `new${mode}`, { recursive: true, mode })),
    cp('sub', 'unforced', { recursive: true, force: false, errorOnExist: true }),
  ),
  'many files': async (fsp, dir) => {
    for (let i = 0; i < 200; i++) fs.writeFileSync(`${dir}/sub/deep/${i}`, String(i));
    await fsp.cp(`${dir}/sub`, `${dir}/new`, recursive);
    return tree(dir);
  },
});
