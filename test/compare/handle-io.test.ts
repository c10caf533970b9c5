import fs from 'node:fs';
import { cases, onHandle, settle, settleAll, withHandle } from './harness';

/* read(), write(), readv() and writev() of a FileHandle: forms of their arguments, and positions. */

const eight = (): Buffer => Buffer.alloc(8, '.');

cases('read', {
  shapes: onHandle('r', (handle) =>
    settleAll(
      () => handle.read(),
      () => handle.read(eight()),
      () => handle.read(eight(), 2),
      () => handle.read(eight(), 0, 3, 0),
      () => handle.read(eight(), 5, 3, 4),
      () => handle.read(eight(), { position: 0 }),
      () => handle.read(eight(), { offset: 1, length: 2, position: 7 }),
      () => handle.read({ buffer: eight() }),
      () => handle.read({ buffer: eight(), offset: 4, position: 0 }),
      () => handle.read({ length: 2, position: 2 }),
      () => handle.read({ position: 0 }),
      () => handle.read(eight(), null, null, 0),
      () => handle.read(eight(), undefined, undefined, 0),
      () => handle.read(null as never),
      () => handle.read({ buffer: null } as never),
      () => handle.read({ buffer: 'text' } as never),
      () => handle.read('text' as never),
      () => handle.read(eight(), { offset: null, length: null, position: null } as never),
    ),
  ),
  'the position moves only without one': onHandle('r', async (handle) => {
    const seen = [];
    for (const position of [null, 3, null, 0, undefined, -1, null]) {
      seen.push(await handle.read(Buffer.alloc(2), 0, 2, position as number));
    }
    return seen;
  }),
  'positions, offsets and lengths out of range': onHandle('r', (handle) =>
    settleAll(
      ...[
        13,
        14,
        2 ** 31,
        2 ** 32,
        2 ** 53 - 1,
        2 ** 53,
        1.5,
        -1,
        -2,
        Number.NaN,
        Infinity,
        3n,
        -1n,
        2n ** 62n,
        2n ** 63n,
        2n ** 64n,
        '0',
        true,
      ].map((position) => () => handle.read(eight(), 0, 4, position as number)),
      ...[8, 9, -1, 1.5, 2 ** 31, 2 ** 32, Number.NaN, '0', null, 1n].map(
        (offset) => () => handle.read(eight(), offset as number, 1, 0),
      ),
      ...[0, 9, -1, 2 ** 31, 2 ** 32, Infinity, null].map(
        (length) => () => handle.read(eight(), 0, length, 0),
      ),
      () => handle.read(eight(), 8),
      () => handle.read(eight(), 8, 0),
      () => handle.read(eight(), 4, 5, 0),
    ),
  ),
  'the buffer given is the one returned': onHandle('r', async (handle) => {
    const buffer = eight();
    const whole = await handle.read(buffer, 0, 4, 0);
    const empty = await handle.read(buffer, 0, 0, 0);
    const view = new Uint16Array(4);
    const wide = await handle.read(view, 0, 8, 0);
    return [whole.buffer === buffer, empty.buffer === buffer, wide.buffer === view, view];
  }),
  'to the end': onHandle('r', async (handle) => {
    const seen = [];
    for (let i = 0; i < 4; i++) seen.push(await handle.read(Buffer.alloc(6)));
    return seen;
  }),
  'many at once': onHandle('r', async (handle) => {
    const reads = Array.from({ length: 20 }, (_, i) => handle.read(Buffer.alloc(2), 0, 2, i));
    return Promise.all(reads);
  }),
  '1 MiB and more': async (fsp, dir) => {
    fs.writeFileSync(`${dir}/f`, Buffer.alloc(3_000_000, 'abc'));
    return withHandle(fsp, `${dir}/f`, 'r', (handle) => handle.read(Buffer.alloc(4_000_000)));
  },
  'without the right to': onHandle('a', (handle) =>
    settleAll(
      () => handle.read(),
      () => handle.readv([eight()]),
      () => handle.readFile(),
    ),
  ),
});

cases('write', {
  shapes: onHandle('r+', async (handle, fsp, dir) => {
    const all = await settleAll(
      () => handle.write('ab'),
      () => handle.write('cd', 0),
      () => handle.write('ż', 5, 'latin1'),
      () => handle.write('6162', null, 'hex'),
      () => handle.write('x', undefined, 'utf8'),
      () => handle.write('x', 20),
      () => handle.write(''),
      () => handle.write('zz', null, 'zz' as 'utf8'),
      () => handle.write('616', 0, 'hex'),
      () => handle.write('', -1),
      () => handle.write(eight()),
      () => handle.write(eight(), 6),
      () => handle.write(eight(), 0, 3, 1),
      () => handle.write(eight(), { offset: 7 } as never),
      () => handle.write(eight(), { length: 1, position: 30 } as never),
      () => handle.write(eight(), null, null, null),
      () => handle.write(eight(), null as never),
      () => handle.write(Buffer.alloc(0), 1, 2, 3),
      () => handle.write(Uint16Array.of(1, 2), 1, 2, 0),
      () => handle.write(new DataView(new ArrayBuffer(4)), 0, 4, 0),
      ...[
        { toString: () => 'own' },
        Object('boxed'),
        5,
        null,
        undefined,
        true,
        [],
        new Date(0),
        Symbol('s'),
        new ArrayBuffer(2),
      ].map((value) => () => handle.write(value as never)),
    );
    return [all, await fsp.readFile(`${dir}/file.txt`)];
  }),
  'positions, offsets and lengths out of range': onHandle('r+', (handle) =>
    settleAll(
      ...[13, -1, -2, 1.5, Number.NaN, '0', 3n, true, null, {}].map(
        (position) => () => handle.write(eight(), 0, 4, position as number),
      ),
      ...[13, -1, -2, 1.5, Number.NaN, '0', 3n, true, null, {}].map(
        (position) => () => handle.write('text', position as number),
      ),
      ...[8, 9, -1, 1.5, 2 ** 31, 2 ** 53, Number.NaN, '0', 1n].map(
        (offset) => () => handle.write(eight(), offset as number, 1, 0),
      ),
      ...[0, 9, -1, 2 ** 31, 2 ** 32, '1', null, Infinity].map(
        (length) => () => handle.write(eight(), 0, length as number, 0),
      ),
      () => handle.write(eight(), 4, 5, 0),
      () => handle.write(eight(), 8),
    ),
  ),
  'appends, whatever the position': async (fsp, dir) => {
    const seen = await withHandle(fsp, `${dir}/file.txt`, 'a+', (handle) =>
      settleAll(
        () => handle.write('end', 0),
        () => handle.write(eight(), 0, 2, 3),
        () => handle.readFile('utf8'),
      ),
    );
    return [seen, await fsp.readFile(`${dir}/file.txt`, 'utf8')];
  },
  'without the right to': onHandle('r', (handle) =>
    settleAll(
      () => handle.write('x'),
      () => handle.write(eight()),
      () => handle.writev([eight()]),
      () => handle.truncate(1),
      () => handle.write(''),
    ),
  ),
  'full and odd devices': async (fsp) => [
    await withHandle(fsp, '/dev/full', 'w', (handle) =>
      settleAll(
        () => handle.write('x'),
        () => handle.writev([eight()]),
        () => handle.write('x', 5),
      ),
    ),
    await withHandle(fsp, '/dev/null', 'w', (handle) =>
      settleAll(
        () => handle.write('x'),
        () => handle.sync(),
        () => handle.datasync(),
        () => handle.truncate(1),
      ),
    ),
  ],
});

const wrong = [
  undefined,
  null,
  1,
  'x',
  {},
  eight(),
  [1],
  ['x'],
  [eight(), null],
  [[eight()]],
  [new ArrayBuffer(2)],
  new Set([eight()]),
];
cases('readv and writev', {
  readv: onHandle('r', async (handle) => {
    const all = await settleAll(
      () => handle.readv([Buffer.alloc(2), Buffer.alloc(3)]),
      () => handle.readv([Buffer.alloc(2), Buffer.alloc(0), Buffer.alloc(30)], 4),
      () => handle.readv([new Uint16Array(2), new DataView(new ArrayBuffer(3)), new Float64Array(1)], 0),
      ...[null, undefined, 0, -1, 1.5, Number.NaN, '0', 3n, 2 ** 53, 100].map(
        (position) => () => handle.readv([Buffer.alloc(3)], position as number),
      ),
      () => handle.readv([Buffer.alloc(0)]),
    );
    return [all, await handle.readv([Buffer.alloc(1)])];
  }),
  'readv of nothing': onHandle('r', (handle) => settle(() => handle.readv([]))),
  writev: onHandle('r+', async (handle, fsp, dir) => {
    const all = await settleAll(
      () => handle.writev([Buffer.from('one'), Buffer.from('two')]),
      () =>
        handle.writev(
          [Buffer.from('x'), Buffer.alloc(0), Uint16Array.of(0x6162), new DataView(new ArrayBuffer(1))],
          0,
        ),
      ...[null, undefined, 20, -1, 1.5, Number.NaN, '0', 3n].map(
        (position) => () => handle.writev([Buffer.from('p')], position as number),
      ),
      () => handle.writev([]),
      () => handle.writev([Buffer.alloc(0)]),
    );
    return [all, await fsp.readFile(`${dir}/file.txt`)];
  }),
  'wrong buffers': onHandle('r+', (handle) =>
    settleAll(
      ...wrong.flatMap((buffers) => [
        () => handle.readv(buffers as Buffer[]),
        () => handle.writev(buffers as Buffer[]),
      ]),
    ),
  ),
  'the buffers given are those returned': onHandle('r+', async (handle) => {
    const buffers = [Buffer.alloc(2), Buffer.alloc(2)];
    return [
      (await handle.readv(buffers)).buffers === buffers,
      (await handle.writev(buffers)).buffers === buffers,
    ];
  }),
  'more than one system call takes': async (fsp, dir) =>
    withHandle(fsp, `${dir}/new`, 'w+', async (handle) => {
      const many = Array.from({ length: 3000 }, (_, i) => Buffer.from(String(i % 10)));
      const written = await settle(() => handle.writev(many));
      const read = await settle(async () => (await handle.readv(many, 0)).bytesRead);
      const count = (written.value as { bytesWritten?: number }).bytesWritten;
      return [
        written.how,
        count,
        count === undefined ? written : null,
        read,
        await fsp.readFile(`${dir}/new`),
      ];
    }),
});
