import type fs from 'node:fs';
import { badValues, both, type Fsp, relayout, Settled, settle } from './harness';

/*
 * Every function, with one argument replaced by each wrong value: the rejection is Node's or, if Node accepts the
 * value, the result.
 */

interface Shape {
  /** Returns valid arguments, in a directory that harness.layout() has filled. */
  args(dir: string): unknown[];
  /** The indexes of those that are paths. Strings and buffers in their place are paths in the directory. */
  paths: number[];
  /** By argument, values that abort Node itself (an assertion in its C++ code) or that it never answers. */
  fatal?: Record<number, string[]>;
}

const file = (dir: string): string => `${dir}/file.txt`;
const one = (rest: unknown[], name = 'file.txt'): Shape => ({
  args: (dir) => [`${dir}/${name}`, ...rest],
  paths: [0],
});
const two = (rest: unknown[], from = 'file.txt'): Shape => ({
  args: (dir) => [`${dir}/${from}`, `${dir}/new`, ...rest],
  paths: [0, 1],
});

const shapes: Partial<Record<keyof Fsp, Shape>> = {
  access: one([0]),
  appendFile: one(['more', 'utf8']),
  chmod: { ...one([0o600]), fatal: { 1: ['2147483648'] } },
  chown: one([-1, -1]),
  copyFile: two([0]),
  cp: two([{}]),
  lchmod: one([0o600]),
  lchown: one([-1, -1]),
  link: two([]),
  lstat: one([{}]),
  lutimes: one([1, 2]),
  mkdir: { ...one([{}], 'new'), fatal: { 1: ['2147483648'] } },
  open: { ...one(['r', 0o666]), fatal: { 2: ['2147483648'] } },
  opendir: { ...one([{}], 'sub'), fatal: { 1: ['arrow', 'class'] } },
  readdir: one([{}], 'sub'),
  readFile: one([{}]),
  readlink: one([{}], 'link'),
  realpath: one([{}]),
  rename: two([]),
  rm: one([{}]),
  rmdir: one([{}], 'emptydir'),
  stat: one([{}]),
  statfs: one([{}]),
  symlink: two(['file']),
  truncate: one([3]),
  unlink: one([]),
  utimes: one([1, 2]),
  writeFile: one(['new', 'utf8']),
};

const reads = new Set<string>([
  'access',
  'lstat',
  'readFile',
  'readdir',
  'readlink',
  'realpath',
  'stat',
  'statfs',
]);

type Call = (...args: unknown[]) => unknown;

/** The results of Node vary (free space, random names, descriptors), so only their kind is compared. */
function plain(name: string, settled: Settled): Settled {
  if (settled.how !== 'resolved') return settled;
  if (name === 'statfs') return new Settled('resolved', Object.keys(Object(settled.value)));
  return settled;
}

async function call(fsp: Fsp, name: keyof Fsp, args: unknown[]): Promise<Settled> {
  const settled = await settle(() => (fsp[name] as Call)(...args));
  const { value } = settled;
  if (settled.how === 'resolved' && (name === 'open' || name === 'opendir')) await (value as fs.Dir).close();
  return plain(name, settled);
}

describe.each(Object.keys(shapes) as (keyof Fsp)[])('%s', (name) => {
  const shape = shapes[name] as Shape;
  for (const at of shape.args('').keys()) {
    both(`argument ${at}`, async (fsp, dir) => {
      const seen: Record<string, Settled> = {};
      for (const [label, value] of badValues(shape.paths.includes(at) ? dir : undefined)) {
        if (shape.fatal?.[at]?.includes(label)) continue;
        const settled = await call(fsp, name, shape.args(dir).with(at, value));
        seen[label] = settled;
        if (settled.how === 'resolved' && !reads.has(name)) relayout(dir);
      }
      return seen;
    });
  }

  // Node's opendir() takes its last argument for a callback.
  if (name === 'opendir') return;
  both('too few and too many arguments', async (fsp, dir) => {
    const args = shape.args(dir);
    const few = [];
    for (const count of args.keys()) few.push(await call(fsp, name, args.slice(0, count)));
    relayout(dir);
    return [few, await call(fsp, name, [...args, undefined, undefined])];
  });
});

both('mkdtemp: arguments', async (fsp, dir) => {
  const seen: Record<string, unknown> = {};
  const short = (settled: Settled): unknown =>
    settled.how === 'resolved' ? String(settled.value).slice(0, -6) : settled;
  for (const [label, value] of badValues(dir)) {
    // With an empty prefix mkdtemp() makes directories in the working directory.
    if (label === 'empty string' || label === 'empty Uint8Array') continue;
    seen[`prefix ${label}`] = short(await settle(() => fsp.mkdtemp(value as string)));
  }
  for (const [label, value] of badValues()) {
    seen[`options ${label}`] = short(await settle(() => fsp.mkdtemp(`${dir}/t-`, value as 'utf8')));
  }
  return seen;
});

both('watch: arguments', async (fsp, dir) => {
  const seen: Record<string, Settled> = {};
  const next = async (...args: unknown[]): Promise<Settled> => {
    const watching = (fsp.watch as (...args: unknown[]) => AsyncIterableIterator<unknown>)(...args);
    return settle(() => watching.next());
  };
  // Only values that Node refuses: with others the iterator would wait for a change.
  const accepted = [
    'string',
    'Buffer',
    'undefined',
    '{}',
    'null prototype',
    'instance',
    'Date',
    'Map',
    'RegExp',
  ];
  for (const [label, value] of badValues(dir)) {
    if (!accepted.includes(label)) seen[`path ${label}`] = await next(value);
  }
  for (const options of [
    null,
    1,
    'zz',
    true,
    { encoding: 'zz' },
    { persistent: 1 },
    { recursive: 1 },
    { signal: 1 },
  ]) {
    seen[`options ${JSON.stringify(options)}`] = await next(file(dir), options);
  }
  return seen;
});
