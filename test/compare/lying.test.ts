/**
 * A file system that says what others do not: each function through Node's own and through ours, promises, callbacks
 * and streams. Nothing stalls here, so that Node's may be called in this process, too.
 */
import { once } from 'node:events';
import fs, { type CopyOptions } from 'node:fs';
import nodeFsp, { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import * as oursFs from '../../lib/fs';
import * as oursFsp from '../../lib/fs/promises';
import { describeWith, itOfOwnCalls } from '../fixtures/available';
import { type Lie, StallFs } from '../fixtures/stallfs';
import { Description } from './description';
import { type Fsp, settle, settleAll } from './harness';

type Fs = typeof fs;
type Scenario = (its: { fs: Fs; fsp: Fsp }, dir: string) => unknown;

const nodes = { fs, fsp: nodeFsp };
const ours = { fs: oursFs as unknown as Fs, fsp: oursFsp as unknown as Fsp };

describeWith('stallfs', 'a file system that lies', () => {
  let mount: StallFs;
  beforeAll(async () => {
    mount = await StallFs.mount();
  });
  afterAll(() => mount.unmount());

  async function record(
    its: typeof nodes,
    before: () => Promise<void>,
    scenario: Scenario,
  ): Promise<unknown> {
    const { backing } = mount;
    for (const name of fs.readdirSync(backing)) fs.rmSync(join(backing, name), { recursive: true });
    await mkdir(join(backing, 'folder/deep/deeper'), { recursive: true });
    await writeFile(join(backing, 'file'), 'some content of this file');
    await writeFile(join(backing, 'folder/inner'), 'x');
    await writeFile(join(backing, 'folder/deep/inner'), 'y');
    fs.symlinkSync('file', join(backing, 'link'));
    await before();
    try {
      return new Description().of(await scenario(its, mount.path));
    } finally {
      await mount.normal();
      for (const about of lies) await mount.lie(about, 0);
    }
  }

  const lies: Lie[] = ['ino', 'size', 'statfs', 'write', 'read', 'type'];

  function both(name: string, before: () => Promise<void>, scenario: Scenario): void {
    test(name, async () => {
      const theirs = await record(nodes, before, scenario);
      const mine = await record(ours, before, scenario);
      expect(mine).toStrictEqual(theirs);
    });
  }

  describe('inode numbers of 2^63 and more', () => {
    const before = (): Promise<void> => mount.lie('ino', 0xffffn << 48n);
    // The inode number itself is another one in each run: what counts is how it is told.
    const high = ({ ino }: { ino: number | bigint }): unknown =>
      typeof ino === 'bigint' ? BigInt.asIntN(64, ino) >> 48n : Math.floor(ino / 2 ** 48);
    both('stat and its kin', before, async ({ fsp, fs: its }, dir) => {
      const handle = await fsp.open(join(dir, 'file'));
      try {
        const file = join(dir, 'file');
        const all = [
          await fsp.stat(file),
          await fsp.lstat(file),
          await handle.stat(),
          await fsp.stat(file, { bigint: true }),
          await fsp.lstat(file, { bigint: true }),
          await handle.stat({ bigint: true }),
          await promisify(its.stat)(file),
          await promisify(its.fstat)(handle.fd),
          its.statSync(file),
          its.statSync(file, { bigint: true }),
        ];
        return all.map(high);
      } finally {
        await handle.close();
      }
    });
  });

  describe('counts of a file system of 2^63 and more', () => {
    const before = (): Promise<void> => mount.lie('statfs', 0x9123_4567_89ab_cdefn);
    both('statfs', before, ({ fsp, fs: its }, dir) =>
      settleAll(
        () => fsp.statfs(dir),
        () => fsp.statfs(dir, { bigint: true }),
        () => promisify(its.statfs)(dir),
        () => promisify(its.statfs)(dir, { bigint: true }),
      ),
    );
  });

  describe('writes of at most 1,000 bytes', () => {
    const before = (): Promise<void> => mount.lie('write', 1000);
    const large = Buffer.alloc(10_000, 'abcdefghij');
    const huge = Buffer.alloc(200_000, 'klmnopqrst');
    const left = (dir: string): Promise<string> => readFile(join(dir, 'new'), 'utf8');

    both('write', before, async ({ fsp }, dir) => {
      const handle = await fsp.open(join(dir, 'new'), 'w');
      try {
        return [
          (await handle.write(large)).bytesWritten,
          (await handle.write(huge)).bytesWritten,
          (await handle.write(large, 5, 4000, 3)).bytesWritten,
          (await handle.write('text'.repeat(3000))).bytesWritten,
          (await handle.writev([large, huge, large.subarray(0, 7), huge])).bytesWritten,
          (await handle.writev([large, large], 100)).bytesWritten,
          await left(dir),
        ];
      } finally {
        await handle.close();
      }
    });

    both('of a descriptor', before, async ({ fs: its }, dir) => {
      const fd = its.openSync(join(dir, 'new'), 'w');
      try {
        return [
          (await promisify(its.write)(fd, large)).bytesWritten,
          (await promisify(its.write)(fd, huge, 0, huge.length, 20)).bytesWritten,
          (await promisify(its.writev)(fd, [huge, large])).bytesWritten,
          its.writeSync(fd, large),
          its.writevSync(fd, [large, large]),
          await left(dir),
        ];
      } finally {
        its.closeSync(fd);
      }
    });

    both('of whole files', before, async ({ fsp, fs: its }, dir) => {
      const file = join(dir, 'new');
      const seen = [];
      for (const act of [
        () => fsp.writeFile(file, huge),
        () => fsp.appendFile(file, large),
        () => promisify(its.appendFile)(file, 'text'.repeat(3000)),
        () => promisify(its.writeFile)(file, large, { flag: 'a' }),
        () => fsp.writeFile(file, [large, huge]),
        () => its.writeFileSync(file, huge),
        () => fsp.copyFile(join(dir, 'file'), file),
        () => fsp.cp(file, join(dir, 'copy')),
      ]) {
        seen.push(await settle(act), await left(dir));
      }
      return seen;
    });

    both('of streams', before, async ({ fsp, fs: its }, dir) => {
      const stream = its.createWriteStream(join(dir, 'new'));
      for (const chunk of [large, huge, large]) stream.write(chunk);
      stream.end('the end');
      await once(stream, 'close');
      const handle = await fsp.open(join(dir, 'new'), 'a');
      const second = handle.createWriteStream();
      second.end(huge);
      await once(second, 'close');
      return [stream.bytesWritten, second.bytesWritten, await left(dir)];
    });

    const full = async (): Promise<void> => {
      await mount.lie('write', 1000);
      await mount.error('ENOSPC', { op: 'write', path: '/full' });
    };
    both('where the first fails', full, async ({ fsp }, dir) => {
      const handle = await fsp.open(join(dir, 'full'), 'w');
      try {
        return await settleAll(
          () => handle.write(large),
          () => handle.writev([large, large]),
          () => handle.writeFile(large),
          () => fsp.appendFile(join(dir, 'full'), huge),
        );
      } finally {
        await handle.close();
      }
    });
  });

  describe('reads of at most 1,000 bytes', () => {
    const before = async (): Promise<void> => {
      await writeFile(join(mount.backing, 'large'), Buffer.alloc(150_000, 'abcdefghij'));
      await mount.lie('read', 1000);
      await mount.directIo(true);
    };
    afterAll(() => mount.directIo(false));
    both('read, readv, readFile', before, async ({ fsp, fs: its }, dir) => {
      const file = join(dir, 'large');
      const handle = await fsp.open(file);
      try {
        return [
          (await handle.read(Buffer.alloc(4000))).bytesRead,
          (await handle.read(Buffer.alloc(100_000), 0, 100_000, 10)).bytesRead,
          (await handle.readv([Buffer.alloc(800), Buffer.alloc(800)])).bytesRead,
          await text(its.createReadStream(file)),
        ];
      } finally {
        await handle.close();
      }
    });
  });

  // Node's promises take a short read of a file below 512 KiB for its end, and lose the rest.
  itOfOwnCalls('readFile reads on after a short read', async () => {
    const content = 'abcdefghij'.repeat(15_000);
    await writeFile(join(mount.backing, 'large'), content);
    await mount.lie('read', 1000);
    await mount.directIo(true);
    try {
      const file = join(mount.path, 'large');
      expect(await ours.fsp.readFile(file, 'utf8')).toBe(content);
      expect(await promisify(ours.fs.readFile)(file, 'utf8')).toBe(content);
      const handle = await ours.fsp.open(file);
      expect(await handle.readFile('utf8')).toBe(content);
      await handle.close();
    } finally {
      await mount.lie('read', 0);
      await mount.directIo(false);
    }
  });

  describe('sizes that are not so', () => {
    const before = (): Promise<void> => mount.lie('size', 1_000);
    both('readFile', before, ({ fsp, fs: its }, dir) =>
      settleAll(
        () => fsp.readFile(join(dir, 'file'), 'utf8'),
        () => promisify(its.readFile)(join(dir, 'file'), 'utf8'),
      ),
    );

    // Node waits for the rest for ever.
    itOfOwnCalls('copyFile and cp copy what there is', async () => {
      await before();
      try {
        await ours.fsp.copyFile(join(mount.path, 'file'), join(mount.path, 'copy'));
        await ours.fsp.cp(join(mount.path, 'folder'), join(mount.path, 'tree'), { recursive: true });
      } finally {
        await mount.lie('size', 0);
      }
      expect(await readFile(join(mount.backing, 'copy'), 'utf8')).toBe('some content of this file');
      expect(await readFile(join(mount.backing, 'tree/deep/inner'), 'utf8')).toBe('y');
    });
    const empty = (): Promise<void> => mount.lie('size', -25);
    both('of 0, though there is some', empty, ({ fsp, fs: its }, dir) =>
      settleAll(
        () => fsp.readFile(join(dir, 'file'), 'utf8'),
        () => promisify(its.readFile)(join(dir, 'file'), 'utf8'),
      ),
    );
  });

  describe('listings without types', () => {
    const before = (): Promise<void> => mount.lie('type', 1);
    both('readdir, opendir, cp, rm', before, async ({ fsp, fs: its }, dir) => {
      const entries = [];
      for await (const entry of await fsp.opendir(dir)) entries.push([entry.name, entry.isDirectory()]);
      return [
        entries.sort(),
        await fsp.readdir(dir, { withFileTypes: true }),
        await fsp.readdir(dir, { recursive: true }),
        await promisify(its.readdir)(dir, { withFileTypes: true }),
        await settle(() => fsp.cp(join(dir, 'folder'), join(dir, 'tree'), { recursive: true })),
        await fsp.readdir(join(dir, 'tree'), { recursive: true }),
        await settle(() => fsp.rm(join(dir, 'folder'), { recursive: true })),
        await fsp.readdir(dir),
      ];
    });
  });

  describe('errors where few expect them', () => {
    const errors: [string, () => Promise<void>, Scenario][] = [
      [
        'ENOSPC of mkdir with recursive',
        () => mount.error('ENOSPC', { op: 'mkdir' }),
        ({ fsp, fs: its }, dir) =>
          settleAll(
            () => fsp.mkdir(join(dir, 'a/b/c'), { recursive: true }),
            () => fsp.mkdir(join(dir, 'folder/b'), { recursive: true }),
            () => promisify(its.mkdir)(join(dir, 'a/b/c'), { recursive: true }),
            () => fsp.mkdir(join(dir, 'a')),
            () => fsp.mkdtemp(join(dir, 'a')),
          ),
      ],
      [
        'EROFS of mkdir with recursive',
        () => mount.error('EROFS', { op: 'mkdir' }),
        ({ fsp }, dir) =>
          settleAll(
            () => fsp.mkdir(join(dir, 'a/b/c'), { recursive: true }),
            () => fsp.mkdir(join(dir, 'folder'), { recursive: true }),
          ),
      ],
      ...(
        [
          ['opendir', '/folder/deep'],
          ['readdir', '/folder/deep'],
          ['readlink', '/folder/link'],
          ['symlink', '/tree/link'],
          ['mkdir', '/tree'],
          ['mkdir', '/tree/deep'],
          ['create', '/tree/inner'],
          // The kernel has the file system copy, and so does Node; the portable backend reads and writes.
          ...(process.env.PENDINGOP_BACKEND === 'posix' ? [] : ([['read', '/folder/inner']] as const)),
          ['setattr', '/tree/inner'],
          ['setattr', '/tree/deep'],
        ] as const
      ).map(([op, path]): [string, () => Promise<void>, Scenario] => [
        `EIO of ${op} at ${path} during cp`,
        async () => {
          fs.symlinkSync('inner', join(mount.backing, 'folder/link'));
          await mount.error('EIO', { op, path });
        },
        async ({ fsp }, dir) => {
          const copy = (options: CopyOptions) =>
            settle(() => fsp.cp(join(dir, 'folder'), join(dir, 'tree'), { recursive: true, ...options }));
          const seen = [await copy({})];
          fs.rmSync(join(mount.backing, 'tree'), { recursive: true, force: true });
          seen.push(await copy({ preserveTimestamps: true }));
          return seen;
        },
      ]),
      [
        'EIO of readdir',
        () => mount.error('EIO', { op: 'readdir' }),
        async ({ fsp, fs: its }, dir) => {
          const opened = await fsp.opendir(dir);
          const iterated = await fsp.opendir(dir);
          const inSync = its.opendirSync(dir);
          return settleAll(
            () => opened.read(),
            () => promisify((done: (error: Error | null) => void) => opened.read(done))(),
            async () => {
              for await (const entry of iterated) return entry.name;
              return undefined;
            },
            () => inSync.readSync(),
            () => opened.close(),
            () => inSync.closeSync(),
            () => fsp.readdir(dir),
            () => fsp.readdir(dir, { recursive: true }),
            () => fsp.readdir(dir, { withFileTypes: true, recursive: true }),
            () => its.readdirSync(dir),
            () => promisify(its.readdir)(dir),
            () => fsp.rm(join(dir, 'folder'), { recursive: true }),
          );
        },
      ],
      [
        'EAGAIN of read',
        () => mount.error('EAGAIN', { op: 'read' }),
        ({ fsp, fs: its }, dir) =>
          settleAll(
            () => fsp.readFile(join(dir, 'file')),
            () => promisify(its.readFile)(join(dir, 'file')),
          ),
      ],
      [
        'EIO of close',
        () => mount.error('EIO', { op: 'flush' }),
        async ({ fsp, fs: its }, dir) => [
          await settle(async () => (await fsp.open(join(dir, 'file'))).close()),
          await settle(() => {
            const fd = its.openSync(join(dir, 'file'), 'r');
            return new Promise((settled) => its.close(fd, settled));
          }),
          await settle(() => fsp.readFile(join(dir, 'file'), 'utf8')),
          await settle(() => fsp.writeFile(join(dir, 'file'), 'new')),
          await settle(() => fsp.copyFile(join(dir, 'file'), join(dir, 'copy'))),
        ],
      ],
    ];
    for (const [name, before, scenario] of errors) both(name, before, scenario);
  });
});
