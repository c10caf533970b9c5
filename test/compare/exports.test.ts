import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import nodeFsp, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import * as wholeFs from '../../lib/fs';
import * as named from '../../lib/fs/promises';
import { ours, settle, withHandle } from './harness';

/* pendingop/fs/promises exports all that node:fs/promises does, with the same names, lengths and values. */

const all = Object.keys(nodeFsp) as (keyof typeof nodeFsp)[];
const functions = all.filter((key) => typeof nodeFsp[key] === 'function');
const shape = (value: unknown): unknown =>
  typeof value === 'function'
    ? { type: 'function', length: value.length, name: value.name }
    : { type: typeof value };

test.each(all)('%s is exported', (key) => {
  expect(key in ours).toBe(true);
  expect(typeof ours[key]).toBe(typeof nodeFsp[key]);
});

test('node:fs is there as a whole, and nothing of it that is deprecated is looked at', () => {
  expect(Object.getOwnPropertyNames(wholeFs.default).sort()).toEqual(Object.getOwnPropertyNames(fs).sort());
  expect(Object.keys(wholeFs.default).sort()).toEqual(Object.keys(fs).sort());
  expect(Object.keys(wholeFs)).toEqual(expect.arrayContaining(Object.keys(fs)));
  const build = path.join(__dirname, '../../dist');
  const script = `const { default: whole, ...rest } = require('./fs');
    const fs = require('node:fs');
    require('./register');
    const missing = Object.keys(fs).filter((key) => typeof rest[key] !== typeof fs[key] || rest[key] !== whole[key]);
    console.log(JSON.stringify(missing));`;
  const answer = execFileSync(process.execPath, ['--throw-deprecation', '-e', script], {
    cwd: build,
    encoding: 'utf8',
  });
  expect(JSON.parse(answer)).toEqual([]);
});

// `watch` may be Node's own function or call it. Node's has an internal name.
test.each(functions.filter((key) => key !== 'watch'))('%s has the name and length of the original', (key) => {
  expect(shape(ours[key])).toEqual(shape(nodeFsp[key]));
});

test('constants are the same', () => {
  expect(Object.entries(ours.constants)).toEqual(Object.entries(nodeFsp.constants));
});

test('exports can be listed, taken apart and called without their module', async () => {
  const { stat, readFile } = named;
  expect(Object.keys(named)).toEqual(expect.arrayContaining(all));
  await expect(stat('/')).resolves.toBeInstanceOf(fs.Stats);
  await expect(readFile.call(undefined, '/dev/null', 'utf8')).resolves.toBe('');
});

test('an ES module imports the build by name, as a whole and by default', () => {
  const build = pathToFileURL(path.join(__dirname, '../../dist/fs/promises/index.js')).href;
  const script = `import whole, * as namespace from ${JSON.stringify(build)};
    import { ${all.join(', ')} } from ${JSON.stringify(build)};
    const named = { ${all.join(', ')} };
    const bad = Object.keys(named).filter((key) => named[key] !== whole[key] || named[key] !== namespace[key]
      || named[key] === undefined || named[key] !== whole.default[key]);
    console.log(JSON.stringify([Object.keys(named).length, bad, await readFile('/dev/null', 'utf8')]));`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(JSON.parse(answer)).toEqual([all.length, [], '']);
});

// These return an iterator.
const iterators: string[] = ['glob', 'watch'];

test.each(functions.filter((key) => !iterators.includes(key)))(
  '%s returns a promise, even for bad input',
  async (key) => {
    const call = ours[key] as (...args: unknown[]) => Promise<unknown>;
    const promise = call(Symbol('bad'), Symbol('bad'), Symbol('bad'));
    expect(types.isPromise(promise)).toBe(true);
    expect((await settle(() => promise)).how).toBe('rejected');
  },
);

test('watch returns an async iterator', async () => {
  const { signal } = new AbortController();
  const watching = ours.watch('/', { signal });
  expect(typeof watching[Symbol.asyncIterator]).toBe('function');
  await (watching as AsyncGenerator).return(undefined);
});

/** Returns the methods of a handle, and whether each is a property of the handle or of its class. */
function methods(handle: FileHandle): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const own = Object.getPrototypeOf(handle);
  for (const name of ['close', ...Object.getOwnPropertyNames(own)]) {
    if (name !== 'constructor' && name !== 'fd') found[name] = shape(Reflect.get(handle, name));
  }
  return found;
}

test('a FileHandle has every method of the original, of the same length', async () => {
  const theirs = await withHandle(nodeFsp, '/', 'r', methods);
  const mine = await withHandle(ours, '/', 'r', methods);
  expect(mine).toMatchObject(theirs);
});

test('a FileHandle is disposed of as the original is', async () => {
  await withHandle(ours, '/', 'r', (handle) => {
    expect(typeof handle[Symbol.asyncDispose]).toBe('function');
  });
});
