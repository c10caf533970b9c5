// The streams of node:fs, of a path and of a FileHandle, read and written to their end.
import { once } from 'node:events';
import type * as nodeFs from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FileHandle } from '../../lib/fs/promises';
import { pathAt, piecesOf } from './arguments';
import type { Host, Limits } from './calls';
import { bytesOf, CHUNK, type Step } from './step';

const ignore = (): void => undefined;

function rangeOf({ position, length }: Step): object {
  if (length === undefined) return {};
  return { start: position ?? 0, end: Math.max(0, (position ?? 0) + length - 1) };
}

const startOf = ({ position }: Step): object => (typeof position === 'number' ? { start: position } : {});

async function readAll(stream: Readable): Promise<Buffer> {
  const closed = once(stream, 'close');
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk as Buffer);
  } finally {
    await closed.catch(ignore);
  }
  return Buffer.concat(chunks);
}

async function writeAll(stream: Writable, step: Step): Promise<void> {
  const closed = once(stream, 'close');
  for (const piece of piecesOf(bytesOf(step))) stream.write(piece);
  stream.end();
  try {
    await finished(stream);
  } finally {
    await closed.catch(ignore);
  }
}

export function readStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const open = host.api.createReadStream as typeof nodeFs.createReadStream;
  return readAll(open(pathAt(host.root, step.path), { ...rangeOf(step), highWaterMark: CHUNK, ...limits }));
}

export function writeStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const { flags = 'w', mode = 0o666 } = step;
  const open = host.api.createWriteStream as typeof nodeFs.createWriteStream;
  return writeAll(open(pathAt(host.root, step.path), { flags, mode, ...startOf(step), ...limits }), step);
}

/** The stream closes the handle, however it ends. */
function takeHandle(host: Host, { slot = 0 }: Step): FileHandle {
  const handle = host.handles.get(slot) as FileHandle;
  host.handles.delete(slot);
  return handle;
}

export function readHandleStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const options = { ...rangeOf(step), highWaterMark: CHUNK, ...limits };
  return readAll(takeHandle(host, step).createReadStream(options));
}

export function writeHandleStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  return writeAll(takeHandle(host, step).createWriteStream({ ...startOf(step), ...limits }), step);
}
