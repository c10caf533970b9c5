import type { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cases, type Handle, onHandle, type Scenario, settle, utf8Text } from './harness';

/* createReadStream(), createWriteStream() and readLines() of a FileHandle. */

const on = (use: Parameters<typeof onHandle>[1], name?: string, flags = 'r+'): Scenario =>
  onHandle(flags, use, name);

/**
 * Returns every event of a stream and of its handle, in order, until the stream is closed or, if it does not close, has
 * ended.
 */
async function events(handle: Handle, stream: EventEmitter, last = 'close'): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const name of ['open', 'ready', 'data', 'end', 'finish', 'error', 'pause', 'resume', 'close']) {
    stream.on(name, (...args) => seen.push([name, ...args.filter((arg) => typeof arg !== 'number')]));
  }
  handle.on('close', () => seen.push(['handle closed']));
  await new Promise<void>((resolve) => stream.on(last, resolve));
  return seen;
}

const readOptions: Record<string, object | undefined> = {
  none: undefined,
  empty: {},
  start: { start: 7 },
  end: { end: 4 },
  'start and end': { start: 3, end: 8 },
  'one byte': { start: 3, end: 3 },
  'start beyond': { start: 100 },
  'end beyond': { end: 1000 },
  'start 0': { start: 0 },
  encoding: { encoding: 'utf8' },
  hex: { encoding: 'hex' },
  'small steps': { highWaterMark: 4 },
  'small steps in text': { highWaterMark: 1, encoding: 'utf8' },
  'no emitClose, no autoClose': { autoClose: false },
  'steps, start and end': { highWaterMark: 2, start: 1, end: 6 },
};

const streamed = (name: string): Record<string, Scenario> =>
  Object.fromEntries(
    Object.entries(readOptions).map(([label, options]) => [
      label,
      on(async (handle) => {
        const stream = handle.createReadStream(options);
        const closes = Reflect.get(Object(options), 'autoClose') !== false;
        const seen = await events(handle, stream, closes ? 'close' : 'end');
        return [
          seen,
          stream.bytesRead,
          stream.pending,
          stream.path,
          stream.destroyed,
          typeof Reflect.get(stream, 'fd'),
        ];
      }, name),
    ]),
  );
cases('createReadStream of a file', streamed('file.txt'));
cases('createReadStream of an empty file', streamed('empty'));
cases('createReadStream of text', streamed('utf8.txt'));

cases('createReadStream', {
  'its class': on(async (handle) => {
    const stream = handle.createReadStream();
    const { start, end, flags, mode, autoClose, readableHighWaterMark, readableEncoding } = Object(stream);
    const seen = [
      stream,
      start,
      end,
      flags,
      mode,
      autoClose,
      readableHighWaterMark,
      readableEncoding,
      stream.pending,
    ];
    stream.resume();
    await events(handle, stream);
    return seen;
  }),
  'for await': on(async (handle) => {
    const chunks = [];
    for await (const chunk of handle.createReadStream({ highWaterMark: 5 })) chunks.push(chunk);
    return [chunks, handle.fd];
  }),
  'break in for await': on(async (handle) => {
    for await (const chunk of handle.createReadStream({ highWaterMark: 5 })) return [chunk, handle.fd > 2];
    return null;
  }),
  'two on one handle': on(async (handle) => {
    const text = async (options: object) =>
      (await handle.createReadStream({ autoClose: false, ...options }).toArray()).map(String);
    return [await text({ start: 0, end: 4 }), await text({ start: 7 }), await text({})];
  }),
  'destroyed before it is read': on(async (handle) => {
    const stream = handle.createReadStream();
    const seen = events(handle, stream);
    stream.destroy();
    return [await seen, handle.fd];
  }),
  'destroyed with an error': on(async (handle) => {
    const stream = handle.createReadStream();
    const seen = events(handle, stream);
    stream.destroy(new RangeError('enough'));
    return [await seen, handle.fd];
  }),
  'of a directory': async (fsp, dir) => {
    const handle = (await fsp.open(dir)) as Handle;
    const seen = await events(handle, handle.createReadStream());
    return [seen, handle.fd];
  },
  'the handle closed under it': on(async (handle) => {
    const stream = handle.createReadStream({ highWaterMark: 2 });
    await new Promise<void>((resolve) => stream.once('readable', resolve));
    const closed = new Promise<void>((resolve) => stream.on('close', resolve));
    await settle(() => handle.close());
    await closed;
    return [stream.destroyed, handle.fd];
  }),
  'of a closed handle': on(async (handle) => {
    await handle.close();
    const made = await settle(() => handle.createReadStream());
    return made.how === 'returned' ? events(handle, made.value as Readable) : made;
  }),
  'with a signal': on(async (handle) => {
    const stream = handle.createReadStream({ signal: AbortSignal.abort('why') } as object);
    return [await events(handle, stream), handle.fd];
  }),
});

const written: Record<string, object | undefined> = {
  none: undefined,
  start: { start: 5 },
  'start beyond': { start: 20 },
  encoding: { encoding: 'latin1' },
  'small steps': { highWaterMark: 2 },
  flush: { flush: true },
  'no autoClose': { autoClose: false },
};
cases('createWriteStream', {
  ...Object.fromEntries(
    Object.entries(written).map(([label, options]) => [
      label,
      on(async (handle, fsp, dir) => {
        const stream = handle.createWriteStream(options);
        const stays = Reflect.get(Object(options), 'autoClose') === false;
        const done = events(handle, stream, stays ? 'finish' : 'close');
        const room = [stream.write('abć'), stream.write(Buffer.from('def')), stream.write('ff', 'hex')];
        stream.cork();
        stream.write('x');
        stream.write('y');
        stream.uncork();
        stream.end('end');
        const seen = await done;
        // The stream keeps the handle open until it is destroyed.
        if (stays) await new Promise<void>((resolve) => stream.on('close', resolve).destroy());
        return [
          seen,
          room,
          stream.bytesWritten,
          stream.pending,
          stream.path,
          await fsp.readFile(`${dir}/file.txt`),
          stream,
        ];
      }),
    ]),
  ),
  pipeline: on(async (handle, fsp, dir) => {
    await pipeline(Readable.from([utf8Text, Buffer.alloc(200_000, 'p')]), handle.createWriteStream());
    return [handle.fd, await fsp.readFile(`${dir}/file.txt`)];
  }),
  'to a handle that cannot be written': on(
    async (handle) => {
      const stream = handle.createWriteStream();
      const seen = events(handle, stream);
      stream.end('x');
      return seen;
    },
    'file.txt',
    'r',
  ),
  'to a full device': async (fsp) => {
    const handle = (await fsp.open('/dev/full', 'w')) as Handle;
    const stream = handle.createWriteStream();
    const seen = events(handle, stream);
    stream.end('x');
    return [await seen, handle.fd];
  },
  'a pipeline from file to file': on(async (handle, fsp, dir) => {
    fs.writeFileSync(`${dir}/large`, Buffer.alloc(300_000, utf8Text));
    const from = await fsp.open(`${dir}/large`);
    await pipeline(from.createReadStream(), handle.createWriteStream());
    return [from.fd, handle.fd, await fsp.readFile(`${dir}/file.txt`)];
  }),
});

const lines: Record<string, string> = {
  one: 'one',
  two: 'one\ntwo\n',
  crlf: 'a\r\nb\rc\n\nd',
  empty: '',
  utf8: utf8Text.repeat(2000),
  separators: 'a\u2028b\u2029c',
};
cases('readLines', {
  ...Object.fromEntries(
    Object.entries(lines).map(([label, text]) => [
      label,
      on(async (handle, _fsp, dir) => {
        fs.writeFileSync(`${dir}/file.txt`, text);
        const seen = [];
        for await (const line of handle.readLines()) seen.push(line);
        return [seen, handle.fd];
      }),
    ]),
  ),
  options: on(async (handle) => {
    const seen: unknown[] = [];
    for await (const line of handle.readLines({ start: 2, end: 7, encoding: 'utf8', autoClose: false }))
      seen.push(line);
    return [seen, handle.fd > 2, handle.readLines().constructor.name];
  }),
  break: on(async (handle, _fsp, dir) => {
    fs.writeFileSync(`${dir}/file.txt`, 'a\nb\nc\n');
    for await (const line of handle.readLines()) return line;
    return null;
  }),
});
