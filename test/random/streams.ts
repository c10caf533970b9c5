// Reads and writes the streams of node:fs, of paths and of FileHandles, to their end, and reads lines.
import { once } from 'node:events';
import type * as nodeFs from 'node:fs';
import type { Interface } from 'node:readline';
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

/** The stream closes the handle in any case. */
function takeHandle(host: Host, { slot = 0 }: Step): FileHandle {
  const handle = host.handles.get(slot) as FileHandle;
  host.handles.delete(slot);
  return handle;
}

export function readHandleStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const options = { ...rangeOf(step), highWaterMark: CHUNK, ...limits };
  return readAll(takeHandle(host, step).createReadStream(options));
}

/** Reads lines of bytes, each of which is one character. */
export async function readLinesStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const options = { ...rangeOf(step), encoding: 'latin1', highWaterMark: CHUNK, ...limits } as const;
  const reader = takeHandle(host, step).readLines(options) as Interface & { input: Readable };
  const closed = once(reader.input, 'close');
  const lines: string[] = [];
  try {
    for await (const line of reader) lines.push(line);
  } finally {
    await closed.catch(ignore);
  }
  return lines;
}

/** Reads a web stream, which leaves the handle open. */
export async function readWebStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  const handle = takeHandle(host, step);
  const chunks: Buffer[] = [];
  try {
    const stream = handle.readableWebStream({ type: 'bytes', ...limits });
    for await (const chunk of stream as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  } finally {
    await handle.close();
  }
  return Buffer.concat(chunks);
}

export function writeHandleStream(host: Host, step: Step, limits: Limits): Promise<unknown> {
  return writeAll(takeHandle(host, step).createWriteStream({ ...startOf(step), ...limits }), step);
}
