import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { both, cases, type Fsp, settle, settleAll, utf8Text, withHandle } from './harness';

/* readFile() of a path and of a handle. */

const encodings = [
  'utf8',
  'utf-8',
  'UTF-8',
  'Utf8',
  'latin1',
  'binary',
  'ascii',
  'hex',
  'base64',
  'base64url',
  'ucs2',
  'utf16le',
  'UCS-2',
];
const notEncodings = ['buffer', 'zz', '', 'utf9', null, undefined, 1, true, {}];

const contents: Record<string, string | Uint8Array> = {
  empty: '',
  text: utf8Text,
  bom: '\ufeffwith a mark',
  'utf16 with bom': Buffer.from('\ufeffab', 'utf16le'),
  'odd bytes': Uint8Array.of(0x61, 0xff, 0xc5, 0xe2, 0x82, 0xf0, 0x9f, 0x98, 0x62, 0xc5),
  'cut off': Buffer.from(utf8Text).subarray(0, 3),
  'all bytes': Uint8Array.from({ length: 256 }, (_, i) => i),
};

/** Characters of two, three and four bytes, so that one lies across each end of a block. */
const across = (size: number): Buffer =>
  Buffer.from(`x${'ż'.repeat(7)}${'漢\u{1f600}'.repeat(size / 7)}`).subarray(0, size);

cases('readFile', {
  encodings: async (fsp, dir) => {
    const seen = [];
    for (const content of Object.values(contents)) {
      fs.writeFileSync(`${dir}/f`, content);
      for (const encoding of [...encodings, ...notEncodings] as 'utf8'[]) {
        seen.push(await settle(() => fsp.readFile(`${dir}/f`, encoding)));
        seen.push(await settle(() => fsp.readFile(`${dir}/f`, { encoding })));
        seen.push(
          await withHandle(fsp, `${dir}/f`, 'r', (handle) => settle(() => handle.readFile(encoding))),
        );
        seen.push(
          await withHandle(fsp, `${dir}/f`, 'r', (handle) => settle(() => handle.readFile({ encoding }))),
        );
      }
    }
    return seen;
  },
  'into memory of the caller': async (fsp, dir) => {
    const seen: unknown[] = [];
    const read = async (source: { readFile: Fsp['readFile'] }, path: string, options: object) => {
      const first = path === '' ? [] : [path];
      const call = source.readFile as unknown as (...args: unknown[]) => Promise<unknown>;
      seen.push(await settle(() => call.call(source, ...first, options)));
    };
    const kinds = (size: number): ((told: unknown[]) => unknown)[] => [
      () => Buffer.alloc(size, 'x'),
      () => new Uint8Array(size),
      () => new DataView(new ArrayBuffer(size + 8), 4, size),
      (told) => (asked: number) => {
        told.push(asked);
        return Buffer.alloc(size, 'y');
      },
      () => () => undefined,
      () => () => {
        throw new Error('of the caller');
      },
      () => 5,
      () => null,
    ];
    for (const name of ['file.txt', 'empty']) {
      for (const make of [0, 1, 13, 20].flatMap(kinds)) {
        for (const encoding of [undefined, 'utf8', 'hex', 'buffer']) {
          const told: unknown[] = [];
          const buffer = make(told);
          await read(fsp, `${dir}/${name}`, { buffer, encoding });
          await withHandle(fsp, `${dir}/${name}`, 'r', (handle) =>
            read(handle as never, '', { buffer, encoding }),
          );
          seen.push(told, ArrayBuffer.isView(buffer) ? Buffer.from(buffer.buffer).toString('hex') : '');
        }
      }
    }
    return seen;
  },
  sizes: async (fsp, dir) => {
    const seen = [];
    for (const size of [1, 4095, 4096, 65536, 65537, 524287, 524288, 524289, 1048576, 5242880]) {
      fs.writeFileSync(`${dir}/f`, across(size));
      const read = async (source: {
        readFile(encoding?: 'utf8' | 'hex' | 'ucs2' | 'base64'): Promise<string | Buffer>;
      }) => [((await source.readFile()) as Buffer).equals(across(size)), await source.readFile('utf8')];
      seen.push(await read({ readFile: (encoding) => fsp.readFile(`${dir}/f`, encoding) }));
      for (const encoding of [undefined, 'utf8', 'hex', 'base64', 'ucs2', 'base64url', 'latin1'] as const) {
        const text = await withHandle(fsp, `${dir}/f`, 'r', (handle) => handle.readFile(encoding));
        seen.push(encoding === undefined ? (text as Buffer).equals(across(size)) : text);
      }
    }
    return seen;
  },
  'flags and options': async (fsp, dir) => {
    const flags = [
      'r',
      'r+',
      'rs',
      'a+',
      'w',
      'wx',
      'a',
      'ax',
      'zz',
      '',
      0,
      fs.constants.O_RDWR,
      null,
      undefined,
      1.5,
      {},
      -1,
    ];
    const seen = [];
    for (const flag of flags) {
      fs.writeFileSync(`${dir}/f`, 'content');
      for (const name of ['f', 'missing']) {
        seen.push(
          await settle(() => fsp.readFile(`${dir}/${name}`, { encoding: 'utf8', flag: flag as string })),
        );
        fs.rmSync(`${dir}/missing`, { force: true });
      }
    }
    return seen;
  },
  'files that tell no size': async (fsp) => [
    await fsp.readFile('/proc/sys/kernel/ostype'),
    await fsp.readFile('/proc/sys/kernel/ostype', 'utf8'),
    await fsp.readFile('/proc/sys/kernel/osrelease', 'hex'),
    (await fsp.readFile('/proc/kallsyms')).length > 65536,
    await withHandle(fsp, '/proc/cpuinfo', 'r', async (handle) =>
      (await handle.readFile('utf8')).includes('processor'),
    ),
    await fsp.readFile('/dev/null'),
    await fsp.readFile('/dev/null', 'utf8'),
    await withHandle(fsp, '/dev/null', 'r', (handle) => handle.readFile()),
    await settle(() => fsp.readFile('/proc/self/mem')),
    await settle(() => fsp.readFile('/proc/self/mem', 'utf8')),
  ],
  'what cannot be read': async (fsp, dir) => [
    await settleAll(
      ...['sub', 'sub/', 'missing', 'dangling', 'loop', 'file.txt/x'].map(
        (name) => () => fsp.readFile(`${dir}/${name}`),
      ),
    ),
    await settleAll(...['sub', 'missing'].map((name) => () => fsp.readFile(`${dir}/${name}`, 'utf8'))),
    await withHandle(fsp, dir, 'r', (handle) =>
      settleAll(
        () => handle.readFile(),
        () => handle.readFile('utf8'),
        () => handle.stat(),
      ),
    ),
    await withHandle(fsp, `${dir}/file.txt`, 'a', (handle) => settle(() => handle.readFile())),
  ],
  'from where the handle stands': (fsp, dir) =>
    withHandle(fsp, `${dir}/file.txt`, 'r', async (handle) => {
      await handle.read(Buffer.alloc(5), 0, 5, null);
      return [
        await handle.readFile('utf8'),
        await handle.readFile(),
        await handle.readFile('utf8'),
        (await handle.read()).bytesRead,
      ];
    }),
  'with a handle as the path': (fsp, dir) =>
    withHandle(fsp, `${dir}/utf8.txt`, 'r', async (handle) => [
      await fsp.readFile(handle, 'utf8'),
      await fsp.readFile(handle),
      await settle(() => fsp.readFile({ fd: handle.fd } as never)),
    ]),
  'many at once': async (fsp, dir) => {
    for (let i = 0; i < 100; i++) fs.writeFileSync(`${dir}/${i}`, `${i}`.repeat(i * 7));
    const all = Array.from({ length: 100 }, (_, i) =>
      fsp.readFile(`${dir}/${i}`, i % 2 === 0 ? 'utf8' : null),
    );
    return Promise.all(all);
  },
  'the buffer is its own': async (fsp, dir) => {
    const [one, two] = await Promise.all([fsp.readFile(`${dir}/file.txt`), fsp.readFile(`${dir}/file.txt`)]);
    one.fill(0);
    return [one, two];
  },
});

/** Writes pieces to a FIFO, from a process of its own. */
async function fifo(
  fsp: Fsp,
  dir: string,
  script: string,
  read: (path: string) => unknown,
): Promise<unknown> {
  const path = `${dir}/fifo`;
  execFileSync('mkfifo', [path]);
  const writer = spawn('sh', ['-c', `(${script}) >"$1"`, 'sh', path], { stdio: 'ignore' });
  const ended = new Promise((resolve) => writer.on('exit', resolve));
  const result = await settle(() => read(path));
  await ended;
  return [result, (await fsp.stat(path)).isFIFO()];
}

cases('readFile of a FIFO', {
  'in pieces': (fsp, dir) =>
    fifo(fsp, dir, 'printf za; printf "\\305"; printf "\\274"; printf end', (path) =>
      fsp.readFile(path, 'utf8'),
    ),
  'as a buffer': (fsp, dir) => fifo(fsp, dir, 'printf one; printf two', (path) => fsp.readFile(path)),
  large: (fsp, dir) => fifo(fsp, dir, 'head -c 300000 /dev/zero', (path) => fsp.readFile(path, 'latin1')),
  'nothing in it': (fsp, dir) => fifo(fsp, dir, ':', (path) => fsp.readFile(path)),
  'at a position': (fsp, dir) =>
    fifo(fsp, dir, 'printf abc', (path) =>
      withHandle(fsp, path, 'r', (handle) =>
        settleAll(
          () => handle.read(Buffer.alloc(3), 0, 3, 0),
          () => handle.readFile('utf8'),
        ),
      ),
    ),
});

both('a file that grows and shrinks between reads', (fsp, dir) =>
  withHandle(fsp, `${dir}/file.txt`, 'r+', async (handle) => {
    const first = await handle.readFile('utf8');
    fs.appendFileSync(`${dir}/file.txt`, 'more');
    const second = await handle.readFile('utf8');
    await handle.truncate(2);
    return [first, second, await handle.readFile('utf8'), await fsp.readFile(`${dir}/file.txt`, 'utf8')];
  }),
);

both('a sparse file', async (fsp, dir) => {
  await fsp.truncate(`${dir}/empty`, 1_000_000);
  const zeros = await fsp.readFile(`${dir}/empty`);
  return [zeros.length, zeros.every((byte) => byte === 0)];
});

both('a file of more than 2 GiB', async (fsp, dir) => {
  await fsp.truncate(`${dir}/empty`, 2 ** 31);
  const whole = settle(() => fsp.readFile(`${dir}/empty`));
  return [
    await whole,
    await withHandle(fsp, `${dir}/empty`, 'r', (handle) => settle(() => handle.readFile())),
  ];
});
