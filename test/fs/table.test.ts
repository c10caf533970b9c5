import fs from 'node:fs';
import nodePromises from 'node:fs/promises';
import { functions } from '../../lib/fs/callback/functions';
import promises from '../../lib/fs/promises';
import { callbackNames, promiseNames, watcherNames } from '../../lib/fs/requests/names';
import { functions as sync } from '../../lib/fs/sync/functions';
import * as watchers from '../../lib/fs/watch';

/*
 * A newer Node may have a new function in node:fs, node:fs/promises, FileHandle or Dir that waits for a disk. State it in
 * lib/fs/requests, or name it here with the reason why it is left to Node.
 */

const LEFT_TO_NODE: Record<string, string> = {
  createReadStream: 'makes a stream: lib/fs/callback/streams.ts',
  createWriteStream: 'makes a stream: lib/fs/callback/streams.ts',
  existsSync: 'made of access: lib/fs/sync/functions.ts',
  glob: 'walks with functions of node:fs, which the hook has replaced',
  globSync: 'waits by its name, and has no sibling of ours',
  lchmod: 'macOS only',
  lchmodSync: 'macOS only',
  mkdtempDisposableSync: 'made of mkdtempSync and rmSync by Node',
  openAsBlob: 'opens nothing before the Blob is read',
  openAsBlobSync: 'waits by its name, and has no sibling of ours',
};

const isClass = (name: string): boolean => /^[A-Z_]/.test(name);

function missing(of: object, known: Iterable<string>): string[] {
  const names = new Set([...known, ...Object.keys(LEFT_TO_NODE)]);
  return Object.keys(of).filter((name) => {
    const { get, value } = Object.getOwnPropertyDescriptor(of, name) as PropertyDescriptor;
    return get === undefined && typeof value === 'function' && !isClass(name) && !names.has(name);
  });
}

test('every function of node:fs is stated', () => {
  expect(missing(fs, [...callbackNames, ...watcherNames, ...Object.keys(sync)])).toEqual([]);
});

test('every function of node:fs/promises is stated', () => {
  expect(missing(nodePromises, promiseNames)).toEqual([]);
});

test('every function has its synchronous form', () => {
  const siblings = callbackNames.map((name) => `${name}Sync`);
  expect(Object.keys(sync).sort()).toEqual(siblings.sort());
});

test('every watcher is stated', () => {
  expect(Object.keys(watchers)).toEqual(expect.arrayContaining([...watcherNames]));
});

test('each face has the functions that it declares', () => {
  expect(Object.keys(functions).sort()).toEqual([...callbackNames].sort());
  for (const name of promiseNames) {
    const ours = (promises as Record<string, unknown>)[name];
    expect(typeof ours).toBe(typeof (nodePromises as unknown as Record<string, unknown>)[name]);
  }
});

const methods = (prototype: object): string[] =>
  Object.getOwnPropertyNames(prototype).filter(
    (name) => typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function',
  );

test('FileHandle has every method of Node', async () => {
  const theirs = await nodePromises.open('/');
  const ours = await promises.open('/');
  try {
    const prototype = Object.getPrototypeOf(ours) as object;
    const absent = methods(Object.getPrototypeOf(theirs) as object).filter(
      (name) => !methods(prototype).includes(name) && !Object.hasOwn(ours, name),
    );
    expect(absent).toEqual([]);
  } finally {
    await theirs.close();
    await ours.close();
  }
});

/** Undocumented methods that Node's own methods call. */
const INSIDE_DIR = ['processReadResult', 'readSyncRecursive'];

test('Dir has every method of Node', async () => {
  const ours = await promises.opendir('/');
  try {
    const known = [...methods(Object.getPrototypeOf(ours) as object), ...INSIDE_DIR];
    expect(methods(fs.Dir.prototype).filter((name) => !known.includes(name))).toEqual([]);
  } finally {
    await ours.close();
  }
});
