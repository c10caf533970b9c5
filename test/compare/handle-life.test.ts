import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { both, cases, type Fsp, type Handle, type Scenario, settle, settleAll, withHandle } from './harness';

/* open() and close(), and the properties of a handle. */

const handleOf =
  (use: (handle: Handle, fsp: Fsp, dir: string) => unknown): Scenario =>
  async (fsp, dir) =>
    use((await fsp.open(`${dir}/file.txt`, 'r+')) as Handle, fsp, dir);

const flags = [
  'r',
  'rs',
  'sr',
  'r+',
  'rs+',
  'sr+',
  'w',
  'wx',
  'xw',
  'w+',
  'wx+',
  'xw+',
  'a',
  'ax',
  'xa',
  'as',
  'sa',
  'a+',
  'ax+',
  'xa+',
  'as+',
  'sa+',
  'R',
  'rw',
  '+',
  '',
  'r ',
  0,
  1,
  2,
  fs.constants.O_RDONLY | fs.constants.O_DIRECTORY,
  fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_WRONLY,
  fs.constants.O_NOFOLLOW,
  fs.constants.O_RDWR | fs.constants.O_TRUNC,
  fs.constants.O_WRONLY | fs.constants.O_APPEND,
  -1,
  1.5,
  null,
  undefined,
];
const modes = [undefined, null, 0, 0o600, '600', '0o600', 'rw', '', -1, 1.5, 2 ** 32, 0o4755, 0o100600];

cases('open', {
  flags: async (fsp, dir) => {
    const seen = [];
    for (const flag of flags) {
      for (const name of ['file.txt', 'missing', 'sub', 'link', 'dangling']) {
        fs.writeFileSync(`${dir}/file.txt`, 'hello');
        const settled = await settle(() => fsp.open(`${dir}/${name}`, flag as string));
        if (settled.how === 'resolved') {
          const handle = settled.value as FileHandle;
          seen.push(
            await settleAll(
              () => handle.write('x'),
              () => handle.read(Buffer.alloc(2), 0, 2, 0),
              () => handle.stat(),
            ),
          );
          await handle.close();
        }
        seen.push([flag, name, settled]);
        fs.rmSync(`${dir}/missing`, { force: true });
      }
    }
    return seen;
  },
  modes: async (fsp, dir) => {
    const seen = [];
    for (const [index, mode] of modes.entries()) {
      const settled = await settle(() => fsp.open(`${dir}/new${index}`, 'w', mode as number));
      if (settled.how !== 'resolved') seen.push(settled);
      else {
        seen.push((await (settled.value as FileHandle).stat()).mode);
        await (settled.value as FileHandle).close();
      }
    }
    return seen;
  },
  devices: (fsp) =>
    settleAll(
      async () => (await fsp.open('/dev/null', 'r+')).close(),
      () => fsp.open('/proc/version', 'wx'),
      () => fsp.open('/proc/none', 'w'),
    ),
});

cases('close', {
  twice: handleOf((handle) =>
    settleAll(
      () => handle.close(),
      () => handle.close(),
      () => handle.close(),
    ),
  ),
  'twice at once': handleOf(async (handle) => {
    const [one, two] = [handle.close(), handle.close()];
    return [one === two, await one, await two, handle.fd];
  }),
  'fd before, while and after': handleOf(async (handle) => {
    const before = typeof handle.fd === 'number' && handle.fd > 2;
    const closing = handle.close();
    const between = handle.fd;
    await closing;
    return [before, between, handle.fd];
  }),
  'emits close, once, at once': handleOf(async (handle) => {
    const events: unknown[] = [];
    handle.on('close', (...args) => events.push(args));
    const closing = handle.close();
    const emitted = events.length;
    await closing;
    await handle.close();
    return [emitted, events];
  }),
  'waits for reads in flight': handleOf(async (handle) => {
    const order: unknown[] = [];
    handle.on('close', () => order.push('event'));
    const reads = [0, 1, 2].map((i) =>
      handle.read(Buffer.alloc(2), 0, 2, i).then(({ bytesRead }) => order.push('read', bytesRead)),
    );
    const closing = handle.close().then(() => order.push('closed'));
    const during = handle.fd > 2;
    const late = await settle(() => handle.read());
    await Promise.all([...reads, closing]);
    return [order, during, late, handle.fd];
  }),
  'waits for a writeFile in flight': handleOf(async (handle, fsp, dir) => {
    const writing = settle(() => handle.writeFile(Buffer.alloc(2_000_000, 'w')));
    await handle.close();
    return [await writing, (await fsp.stat(`${dir}/file.txt`)).size];
  }),
  asyncDispose: handleOf(async (handle) => {
    const dispose = handle[Symbol.asyncDispose];
    const done = await settleAll(
      () => handle[Symbol.asyncDispose](),
      () => handle[Symbol.asyncDispose](),
    );
    return [dispose, done, handle.fd];
  }),
  'taken off the handle': handleOf(async (handle) => {
    const { close } = handle;
    return [await settle(() => close()), handle.fd];
  }),
  'of a descriptor that is gone': handleOf(async (handle) => {
    const { fd } = handle;
    fs.closeSync(fd);
    const calls = await settleAll(
      () => handle.read(),
      () => handle.stat(),
      () => handle.write('x'),
      () => handle.sync(),
      () => handle.readFile(),
    );
    const writes = await settleAll(
      () => handle.writeFile('x'),
      () => handle.truncate(1),
      () => handle.chmod(0o600),
      () => handle.utimes(1, 2),
    );
    return [calls, writes, await settle(() => handle.close())];
  }),
  'after a call that failed': handleOf(async (handle) => {
    const failed = await settleAll(
      () => handle.read(Buffer.alloc(2), 3),
      () => handle.truncate(-1.5),
      () => handle.chmod('x' as never),
    );
    return [failed, await handle.readFile('utf8'), await settle(() => handle.close())];
  }),
});

cases('a handle', {
  'is an emitter of its class': handleOf(async (handle) => {
    const keys = [
      'appendFile',
      'chmod',
      'chown',
      'close',
      'createReadStream',
      'createWriteStream',
      'datasync',
      'fd',
      'getAsyncId',
      'on',
      'read',
      'readFile',
      'readLines',
      'readableWebStream',
      'readv',
      'stat',
      'sync',
      'truncate',
      'utimes',
      'write',
      'writeFile',
      'writev',
    ];
    const kinds = keys.map((key) => [key, typeof Reflect.get(handle, key)]);
    await handle.close();
    return [handle, handle.constructor.name, String(handle), kinds, Object.prototype.toString.call(handle)];
  }),
  'has an async id': handleOf(async (handle) => {
    const id = handle.getAsyncId();
    await handle.close();
    return typeof id;
  }),
  'has no fd to set': handleOf(async (handle) => {
    const set = await settle(() => void Reflect.set(handle, 'fd', 99));
    const same = handle.fd !== 99;
    await handle.close();
    return [set.how, same];
  }),
  'sync, datasync': handleOf(async (handle) => {
    const done = await settleAll(
      () => handle.sync(),
      () => handle.datasync(),
    );
    await handle.close();
    return done;
  }),
  stat: handleOf(async (handle) => {
    const done = await settleAll(
      ...[undefined, {}, { bigint: false }, { bigint: true }, { bigint: 1 }].map(
        (options) => () => handle.stat(options as object),
      ),
      () => handle.stat(null as never),
    );
    await handle.close();
    return done;
  }),
});

// Every function that takes a handle is called with one of the other module.
both('a handle of the other module, or none at all', async (fsp, dir) => {
  const like = { fd: 1, close: () => {} };
  return settleAll(
    () => fsp.readFile(like as never),
    () => fsp.writeFile(like as never, 'x'),
    () => fsp.appendFile(5 as never, 'x'),
    async () => withHandle(fsp, `${dir}/file.txt`, 'r', (handle) => fsp.stat(handle as never)),
  );
});
