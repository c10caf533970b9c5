import { execFileSync } from 'node:child_process';
import type { RmOptions } from 'node:fs';
import fs from 'node:fs';
import { cases, onTree, type Scenario, settle, tree } from './harness';

/* rm(), and rmdir() with `recursive`. */

const rm =
  (name: string, options?: unknown): Scenario =>
  (fsp, dir) =>
    fsp.rm(`${dir}/${name}`, options as RmOptions);

const names = [
  'file.txt',
  'emptydir',
  'sub',
  'missing',
  'link',
  'dirlink',
  'dangling',
  'loop',
  'utf8.txt/x',
  'no/way',
  'exec.sh/',
  'sub/',
];
const wrong: [string, unknown][] = [
  ...[1, 'yes', null].flatMap((value): [string, unknown][] => [
    ['recursive', value],
    ['force', value],
  ]),
  ...[-1, 1.5, 2 ** 32, 'x', null, Number.NaN, 2 ** 31].flatMap((value): [string, unknown][] => [
    ['maxRetries', value],
    ['retryDelay', value],
  ]),
];

cases('rm', {
  plain: onTree(...names.map((name) => rm(name))),
  force: onTree(...names.map((name) => rm(name, { force: true }))),
  recursive: onTree(...names.map((name) => rm(name, { recursive: true }))),
  'recursive and force': onTree(...names.map((name) => rm(name, { recursive: true, force: true }))),
  'recursive with retries': onTree(
    ...names.map((name) => rm(name, { recursive: true, maxRetries: 3, retryDelay: 1 })),
  ),
  'options that are not right': onTree(
    ...wrong.map(([option, value]) => rm('file.txt', { [option]: value, force: true })),
    ...wrong.map(([option, value]) => rm('sub', { [option]: value })),
  ),
  'options that are undefined': onTree(
    rm('file.txt', { recursive: undefined, force: undefined, maxRetries: undefined, retryDelay: undefined }),
    rm('sub', { recursive: undefined }),
    rm('empty', {}),
    rm('bytes.bin', undefined),
  ),
  'the rest of a tree of all kinds': async (fsp, dir) => {
    execFileSync('mkfifo', [`${dir}/sub/fifo`]);
    fs.symlinkSync('/', `${dir}/sub/root`);
    fs.writeFileSync(Buffer.from(`${dir}/sub/\xff\xfe`, 'latin1'), '');
    fs.mkdirSync(`${dir}/sub/locked`, 0);
    fs.mkdirSync(`${dir}/sub/${'deep/'.repeat(200)}`, { recursive: true });
    for (let i = 0; i < 300; i++) fs.writeFileSync(`${dir}/sub/deep/${i}`, '');
    return [await settle(() => fsp.rm(`${dir}/sub`, { recursive: true })), tree(dir)];
  },
  'a path as Buffer and URL': onTree(
    (fsp, dir) => fsp.rm(Buffer.from(`${dir}/sub`), { recursive: true }),
    (fsp, dir) => fsp.rm(new URL(`file://${dir}/file.txt`)),
    (fsp, dir) => fsp.rm(Buffer.from(`${dir}/missing`), { force: true }),
  ),
  'what cannot be removed': onTree(
    (fsp) => fsp.rm('/proc/version'),
    (fsp) => fsp.rm('/proc/self/task'),
    (fsp) => fsp.rm('/proc/version', { force: true }),
  ),
});

const rmdir =
  (name: string, options: unknown): Scenario =>
  (fsp, dir) =>
    fsp.rmdir(`${dir}/${name}`, options as { recursive: boolean });

cases('rmdir with recursive', {
  'each kind': onTree(...names.map((name) => rmdir(name, { recursive: true }))),
  options: onTree(
    ...wrong.map(([option, value]) => rmdir('file.txt', { [option]: value })),
    rmdir('sub', { recursive: true, maxRetries: 2, retryDelay: 1 }),
    rmdir('emptydir', { recursive: false, maxRetries: 2, retryDelay: 1 }),
  ),
});
