// What a descriptor or a pointer of another process leads to. The kernel may wait for that process's memory or files,
// so each of these calls runs on a worker that can be killed, with a timeout. This process itself never hangs in one.
import type { FileHandle } from '../../fs/promises';
import { decode } from '../screen/bytes';
import type { Thread } from './threads';

type Fs = typeof import('../../fs/promises');

/** ms for each name. A name that takes longer is not shown. */
const PATIENCE = 2000;
const LONGEST_PATH = 4096;

let fs: Fs | undefined | null = null;

/** Returns undefined without an addon: names are not shown then. */
function load(): Fs | undefined {
  if (fs !== null) return fs;
  try {
    const { configure } = require('../../index') as typeof import('../../index');
    configure({ killable: 'always' });
    fs = require('../../fs/promises') as Fs;
  } catch {
    fs = undefined;
  }
  return fs;
}

async function readlink(path: string): Promise<string | undefined> {
  try {
    const bytes = await load()?.readlink(path, { encoding: 'latin1', timeout: PATIENCE });
    return bytes === undefined ? undefined : decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Returns what descriptor `fd` of the thread leads to: a path, `pipe:[…]` or `socket:[…]`; undefined: it cannot be
 * found out.
 */
export const descriptorName = ({ pid, tid }: Thread, fd: number): Promise<string | undefined> =>
  readlink(`/proc/${pid}/task/${tid}/fd/${fd}`);

export const workingDirectory = ({ pid, tid }: Thread): Promise<string | undefined> =>
  readlink(`/proc/${pid}/task/${tid}/cwd`);

/** Returns the text at `address` in the memory of the thread, up to its NUL. Needs the right to trace the thread. */
export async function textAt({ pid, tid }: Thread, address: bigint): Promise<string | undefined> {
  let memory: FileHandle | undefined;
  try {
    // Addresses that a number cannot hold exactly are not in user space on x86-64 and arm64.
    memory = await load()?.open(`/proc/${pid}/task/${tid}/mem`, 'r', undefined, { timeout: PATIENCE });
    if (memory === undefined) return undefined;
    return await textIn(memory, Number(address));
  } catch {
    return undefined;
  } finally {
    void memory?.close().catch(() => undefined);
  }
}

/** Reads page by page: the page behind the text may not exist. */
async function textIn(memory: FileHandle, address: number): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  for (let at = address, end = address + LONGEST_PATH; at < end; ) {
    const length = Math.min(end, (Math.floor(at / 4096) + 1) * 4096) - at;
    const { buffer, bytesRead } = await memory.read({
      buffer: Buffer.alloc(length),
      position: at,
      timeout: PATIENCE,
    });
    const piece = buffer.subarray(0, bytesRead);
    const nul = piece.indexOf(0);
    if (nul >= 0) return decode(Buffer.concat([...pieces, piece.subarray(0, nul)]).toString('latin1'));
    if (bytesRead === 0) return undefined;
    pieces.push(piece);
    at += bytesRead;
  }
  return undefined;
}
