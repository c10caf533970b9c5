// A tree to walk through, and what Node finds in it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';
import { type WalkEntry, type WalkOptions, walk } from '../../lib/fs/promises';
import { type Folder, withSharedFolder } from '../fixtures/folder';

/** A name that is no UTF-8. */
export const invalid = Buffer.from('bad-\xff\xfe', 'latin1');

/** A tree for all tests of a file, with entries of each type and a directory with many entries. */
export function withTree(): Folder {
  const server = net.createServer();
  afterAll(() => new Promise((closed) => server.close(closed)));
  const root = withSharedFolder('walk');
  beforeAll(async () => {
    for (const name of ['a/b/c', 'a/empty', 'many']) fs.mkdirSync(root(name), { recursive: true });
    for (const name of ['one', 'a/two', 'a/b/three', 'a/b/c/four', 'a/b/ünïcode 文件'])
      fs.writeFileSync(root(name), name);
    for (let i = 0; i < 2500; i++) fs.writeFileSync(root(`many/a name of some length ${i}`), '');
    fs.symlinkSync('b', root('a/link-to-b'));
    fs.symlinkSync('nowhere', root('a/dangling'));
    fs.symlinkSync('../..', root('a/b/up'));
    execFileSync('mkfifo', [root('fifo')]);
    await new Promise<void>((listening) => server.listen(root('socket'), listening));
    const bad = Buffer.concat([Buffer.from(`${root()}/`), invalid]);
    fs.mkdirSync(bad);
    fs.writeFileSync(Buffer.concat([bad, Buffer.from('/inside')]), 'x');
  });
  return root;
}

export async function all(root: string, options?: WalkOptions): Promise<WalkEntry[]> {
  const entries: WalkEntry[] = [];
  for await (const entry of walk(root, options)) entries.push(entry);
  return entries;
}

export const paths = (entries: readonly WalkEntry[]): string[] => entries.map(({ path }) => path).sort();

/** Returns what Node finds, without following links. */
export function expected(directory: string | Buffer, depth = 1): { path: string; depth: number }[] {
  return fs.readdirSync(directory, { encoding: 'buffer', withFileTypes: true }).flatMap((entry) => {
    const path = Buffer.concat([Buffer.from(directory as string), Buffer.from('/'), entry.name]);
    const own = { path: path.toString(), depth };
    return entry.isDirectory() ? [own, ...expected(path, depth + 1)] : [own];
  });
}
