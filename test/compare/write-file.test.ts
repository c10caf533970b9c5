import fs from 'node:fs';
import { Readable } from 'node:stream';
import { both, cases, type Fsp, settle, settleAll, tree, utf8Text, withHandle } from './harness';

/* writeFile() and appendFile() of a path and of a handle. */

type Data = string;
const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(0x73);
const half = Buffer.from('0123456789').subarray(3, 6);

function* generator(...items: unknown[]): Generator<unknown> {
  yield* items;
}
async function* later(...items: unknown[]): AsyncGenerator<unknown> {
  for (const item of items) yield await Promise.resolve(item);
}
function* failing(): Generator<string> {
  yield 'before ';
  throw new RangeError('in the generator');
}

/** Made anew for each call, since an iterator can be used once only. */
const data: Record<string, () => unknown> = {
  string: () => utf8Text,
  'empty string': () => '',
  'lone surrogates': () => 'a\ud800b\udc00',
  Buffer: () => Buffer.from(utf8Text),
  'part of a Buffer': () => half,
  'empty Buffer': () => Buffer.alloc(0),
  Uint8Array: () => Uint8Array.of(1, 2, 255),
  Uint16Array: () => Uint16Array.of(0x6162, 0x6364),
  Float64Array: () => Float64Array.of(1.5),
  BigInt64Array: () => BigInt64Array.of(-1n),
  DataView: () => new DataView(Uint8Array.of(65, 66, 67, 68).buffer, 1, 2),
  shared: () => shared,
  'array of strings': () => ['one ', 'two ', 'ż'],
  'array of buffers': () => [Buffer.from('one '), Uint16Array.of(0x6162), ''],
  'empty array': () => [],
  'array of numbers': () => [1, 2],
  'array of arrays': () => [[65, 66], 'x'],
  Set: () => new Set(['a', 'b']),
  Map: () => new Map([['a', 'b']]),
  generator: () => generator('g1 ', Buffer.from('g2 '), utf8Text),
  'generator of what is no text': () => generator('ok', 5),
  'generator of null': () => generator('ok', null),
  'async generator': () => later('a1 ', Buffer.from('a2')),
  'async generator of a symbol': () => later('x', Symbol('s')),
  'generator that throws': () => failing(),
  'async generator that throws': () =>
    (async function* () {
      yield 'x';
      throw 'a string';
    })(),
  'iterator that is none': () => ({ [Symbol.iterator]: 5 }),
  'iterator of nothing': () => ({ [Symbol.iterator]: () => ({}) }),
  stream: () => Readable.from(['s1 ', 's2 ', Buffer.from('s3')]),
  'stream of bytes': () =>
    new Readable({
      read() {
        this.push('bytes');
        this.push(null);
      },
    }),
  'stream that fails': () =>
    new Readable({
      read() {
        this.destroy(new Error('the stream failed'));
      },
    }),
  'String object': () => Object('boxed'),
  'toString()': () => ({ toString: () => 'text' }),
  ArrayBuffer: () => new ArrayBuffer(3),
  null: () => null,
  number: () => 7,
};

const each =
  (write: (fsp: Fsp, dir: string, data: Data) => Promise<unknown>) => async (fsp: Fsp, dir: string) => {
    const seen: Record<string, unknown> = {};
    for (const [label, make] of Object.entries(data)) {
      fs.writeFileSync(`${dir}/f`, 'old content');
      seen[label] = [await settle(() => write(fsp, dir, make() as Data)), fs.readFileSync(`${dir}/f`)];
    }
    return seen;
  };

cases('writeFile and appendFile', {
  writeFile: each((fsp, dir, value) => fsp.writeFile(`${dir}/f`, value)),
  'writeFile latin1': each((fsp, dir, value) => fsp.writeFile(`${dir}/f`, value, 'latin1')),
  'writeFile hex': each((fsp, dir, value) => fsp.writeFile(`${dir}/f`, value, { encoding: 'hex' })),
  'writeFile flush': each((fsp, dir, value) => fsp.writeFile(`${dir}/f`, value, { flush: true })),
  appendFile: each((fsp, dir, value) => fsp.appendFile(`${dir}/f`, value)),
  'appendFile ucs2': each((fsp, dir, value) => fsp.appendFile(`${dir}/f`, value, 'ucs2')),
  'handle.writeFile': each((fsp, dir, value) =>
    withHandle(fsp, `${dir}/f`, 'r+', (handle) => handle.writeFile(value)),
  ),
  'handle.writeFile latin1': each((fsp, dir, value) =>
    withHandle(fsp, `${dir}/f`, 'r+', (handle) => handle.writeFile(value, 'latin1')),
  ),
  'handle.appendFile': each((fsp, dir, value) =>
    withHandle(fsp, `${dir}/f`, 'a', (handle) => handle.appendFile(value)),
  ),
  'writeFile to a handle': each((fsp, dir, value) =>
    withHandle(fsp, `${dir}/f`, 'r+', (handle) => fsp.writeFile(handle, value)),
  ),
  'appendFile to a handle': each((fsp, dir, value) =>
    withHandle(fsp, `${dir}/f`, 'r+', (handle) => fsp.appendFile(handle, value)),
  ),
});

const flags = [
  'w',
  'wx',
  'w+',
  'wx+',
  'xw',
  'a',
  'ax',
  'a+',
  'as',
  'r',
  'r+',
  'rs+',
  'zz',
  '',
  0,
  1,
  0o1101,
  577,
  null,
  undefined,
  -1,
  {},
];
cases('options', {
  flags: async (fsp, dir) => {
    const seen = [];
    for (const flag of flags) {
      for (const name of ['file.txt', 'new']) {
        fs.rmSync(`${dir}/new`, { force: true });
        fs.writeFileSync(`${dir}/file.txt`, 'old content');
        const done = await settle(() => fsp.writeFile(`${dir}/${name}`, 'data', { flag: flag as string }));
        const added = await settle(() => fsp.appendFile(`${dir}/${name}`, 'data', { flag: flag as string }));
        seen.push([flag, name, done, added, tree(dir)]);
      }
    }
    return seen;
  },
  modes: async (fsp, dir) => {
    const modes = [0o600, '600', 0o4755, 0, '0o640', 'x', -1, 1.5, 2 ** 32, null, undefined, {}];
    const calls = modes.map(
      (mode, i) => () => fsp.writeFile(`${dir}/new${i}`, 'x', { mode: mode as number }),
    );
    return [await settleAll(...calls), await settleAll(...calls), tree(dir)];
  },
  encodings: async (fsp, dir) => {
    const seen = [];
    for (const encoding of [
      'utf8',
      'latin1',
      'ascii',
      'hex',
      'base64',
      'base64url',
      'ucs2',
      'buffer',
      'zz',
      '',
      null,
      1,
    ]) {
      for (const text of ['zażółć', '666f6f', 'Zm9v', '6g']) {
        const done = await settle(() => fsp.writeFile(`${dir}/f`, text, { encoding: encoding as 'utf8' }));
        seen.push(done, fs.existsSync(`${dir}/f`) && fs.readFileSync(`${dir}/f`));
      }
    }
    return seen;
  },
  flush: (fsp, dir) =>
    settleAll(
      ...[true, false, null, undefined, 1, 'yes', {}].flatMap((flush) => [
        () => fsp.writeFile(`${dir}/f`, 'x', { flush } as object),
        () => fsp.appendFile(`${dir}/f`, 'x', { flush } as object),
      ]),
      () => fsp.writeFile('/dev/null', 'x', { flush: true }),
    ),
  'options are not changed': async (fsp, dir) => {
    const given = Object.freeze({ encoding: 'utf8', flag: 'w', mode: 0o600 } as const);
    await fsp.writeFile(`${dir}/f`, 'x', given);
    await fsp.appendFile(`${dir}/f`, 'y', Object.freeze({}));
    return [given, tree(dir)];
  },
});

cases('sizes', {
  large: async (fsp, dir) => {
    const seen = [];
    for (const size of [65536, 524288, 524289, 3_000_000]) {
      const bytes = Buffer.alloc(size, utf8Text);
      await fsp.writeFile(`${dir}/b`, bytes);
      await fsp.writeFile(`${dir}/s`, bytes.toString());
      await fsp.writeFile(`${dir}/i`, [bytes, bytes]);
      await withHandle(fsp, `${dir}/h`, 'w', (handle) => handle.writeFile(bytes));
      seen.push(tree(dir));
    }
    return seen;
  },
  'many at once': async (fsp, dir) => {
    await Promise.all(
      Array.from({ length: 60 }, (_, i) => fsp.writeFile(`${dir}/${i}`, String(i).repeat(i))),
    );
    return tree(dir);
  },
});

both('where the handle stands', (fsp, dir) =>
  withHandle(fsp, `${dir}/file.txt`, 'r+', async (handle) => {
    await handle.writeFile('abc');
    await handle.writeFile('def');
    await handle.write('X', 0);
    await handle.appendFile('ghi');
    return [await handle.readFile('utf8'), await fsp.readFile(`${dir}/file.txt`, 'utf8')];
  }),
);

both('what cannot be written', async (fsp, dir) => [
  await settleAll(
    ...['sub', 'missing/x', 'loop', 'file.txt/x', 'dangling'].flatMap((name) => [
      () => fsp.writeFile(`${dir}/${name}`, 'x'),
      () => fsp.appendFile(`${dir}/${name}`, 'x'),
    ]),
    () => fsp.writeFile('/dev/full', 'x'),
    () => fsp.writeFile('/dev/full', ['x', 'y']),
    () => fsp.appendFile('/dev/full', 'x', { flush: true }),
    () => fsp.writeFile('/dev/full', ''),
    () => withHandle(fsp, `${dir}/file.txt`, 'r', (handle) => handle.writeFile('x')),
    () => withHandle(fsp, `${dir}/file.txt`, 'r', (handle) => handle.writeFile('')),
    () => withHandle(fsp, `${dir}/file.txt`, 'r', (handle) => handle.appendFile(['x'] as never)),
  ),
  tree(dir),
]);
