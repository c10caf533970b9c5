// Compiled, never run: what of fs/promises must compile, what must not, and what the results are.
import type { BigIntStats, BigIntStatsFs, Dir, Dirent, Stats, StatsFs } from 'node:fs';
import type * as node from 'node:fs/promises';
import * as fsp from '../../lib/fs/promises';

type Node = typeof node;
type Ours = typeof fsp;
type Bytes = Buffer<ArrayBuffer>;

/** Fails to compile unless both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A>() {
  return <B>(_value: B, ..._same: Same<A, B> extends true ? [] : ['not the same type']): void => {};
}

// A drop-in: wherever node:fs/promises is wanted, ours will do, as a whole and function by function.
export const missing: Exclude<keyof Node, keyof Ours | 'default'>[] = [] satisfies never[];
export const whole = (ours: Ours): Omit<Node, 'default'> => ours;
export const handle = (ours: fsp.FileHandle): node.FileHandle => ours;
export const functions = (ours: Ours): { [K in Exclude<keyof Node, 'default'>]: Node[K] } => ours;

export async function results(path: string | Buffer | URL): Promise<void> {
  same<string>()(await fsp.readFile(path, 'utf8'));
  same<string>()(await fsp.readFile(path, { encoding: 'latin1', flag: 'r' }));
  same<Bytes>()(await fsp.readFile(path));
  same<string | Bytes>()(await fsp.readFile(path, { encoding: null as BufferEncoding | null }));
  same<Stats>()(await fsp.stat(path));
  same<BigIntStats>()(await fsp.stat(path, { bigint: true }));
  same<Stats | BigIntStats>()(await fsp.lstat(path, { bigint: Math.random() > 0.5 }));
  same<StatsFs>()(await fsp.statfs(path));
  same<BigIntStatsFs>()(await fsp.statfs(path, { bigint: true }));
  same<string[]>()(await fsp.readdir(path));
  same<Bytes[]>()(await fsp.readdir(path, 'buffer'));
  (await fsp.readdir(path, { withFileTypes: true })) satisfies Dirent[];
  same<string>()(await fsp.readlink(path));
  same<Bytes>()(await fsp.realpath(path, 'buffer'));
  same<string | undefined>()(await fsp.mkdir(path, { recursive: true }));
  same<void>()(await fsp.mkdir(path));
  same<string>()(await fsp.mkdtemp('x'));
  same<Bytes>()(await fsp.mkdtemp('x', { encoding: 'buffer' }));
  (await fsp.opendir('x')) satisfies Dir;
  same<void>()(await fsp.rename(path, path));
  same<number>()(fsp.constants.COPYFILE_EXCL satisfies number as number);
}

export async function handles(): Promise<void> {
  await using open = await fsp.open('x', 'r+', 0o600);
  open satisfies fsp.FileHandle;
  same<number>()(open.fd);
  same<number>()((await open.read(Buffer.alloc(1), 0, 1, null)).bytesRead);
  same<Uint16Array<ArrayBuffer>>()((await open.read(new Uint16Array(1))).buffer);
  same<string>()((await open.write('x', 0, 'utf8')).buffer);
  same<Bytes>()(await open.readFile());
  same<string>()(await open.readFile('utf8'));
  same<BigIntStats>()(await open.stat({ bigint: true }));
  for await (const line of open.readLines()) same<string>()(line);
  open.createReadStream({ start: 1, end: 2 }).on('data', () => {});
  open.createWriteStream({ flush: true }).write('x');
  same<number>()(open.listPending().length);
  await open.close();
}

/** What ours takes besides: a signal and a timeout everywhere. */
export async function beside(signal: AbortSignal): Promise<void> {
  const ending = { signal, timeout: 100 };
  await fsp.access('x', undefined, ending);
  await fsp.appendFile('x', 'y', { ...ending, encoding: 'utf8' });
  await fsp.chmod('x', 0o600, ending);
  await fsp.chown('x', 1, 1, ending);
  await fsp.copyFile('x', 'y', 0, ending);
  await fsp.cp('x', 'y', { ...ending, recursive: true });
  await fsp.lchown('x', 1, 1, ending);
  await fsp.link('x', 'y', ending);
  await fsp.lutimes('x', 1, 1, ending);
  await fsp.mkdir('x', { ...ending, recursive: true });
  await fsp.mkdtemp('x', ending);
  await fsp.open('x', 'r', 0o600, ending);
  await fsp.opendir('x', ending);
  await fsp.rename('x', 'y', ending);
  await fsp.rm('x', { ...ending, force: true });
  await fsp.rmdir('x', ending);
  await fsp.symlink('x', 'y', 'file', ending);
  await fsp.truncate('x', 1, ending);
  await fsp.unlink('x', ending);
  await fsp.utimes('x', 1, 1, ending);
  await fsp.writeFile('x', 'y', ending);
  same<string[]>()(await fsp.readdir('x', ending));
  same<Bytes>()(await fsp.readFile('x', ending));
  same<string>()(await fsp.readlink('x', ending));
  same<string>()(await fsp.realpath('x', ending));
  same<Stats>()(await fsp.stat('x', ending));
  same<BigIntStats>()(await fsp.lstat('x', { ...ending, bigint: true }));
  same<StatsFs>()(await fsp.statfs('x', ending));
  const open = await fsp.open('x');
  await open.stat(ending);
  await open.sync(ending);
  await open.datasync(ending);
  await open.chmod(0o600, ending);
  await open.chown(1, 1, ending);
  await open.truncate(1, ending);
  await open.utimes(1, 1, ending);
  await open.readFile(ending);
  await open.writeFile('x', ending);
  await open.appendFile('x', ending);
  await open.read(Buffer.alloc(1), { ...ending, position: 0 });
  await open.write(Buffer.alloc(1), { ...ending, position: 0 });
}

export function refused(fd: number, date: Date): void {
  // @ts-expect-error a path is no number
  void fsp.stat(1);
  // @ts-expect-error nor a descriptor
  void fsp.readFile(fd);
  // @ts-expect-error an encoding that there is not
  void fsp.readFile('x', 'utf-9');
  // @ts-expect-error there is no callback
  void fsp.unlink('x', () => {});
  // @ts-expect-error the second path is missing
  void fsp.rename('x');
  // @ts-expect-error nothing to write
  void fsp.writeFile('x');
  // @ts-expect-error a date is no data
  void fsp.writeFile('x', date);
  // @ts-expect-error a timeout is a number
  void fsp.stat('x', { timeout: '1s' });
  // @ts-expect-error a signal is an AbortSignal
  void fsp.readdir('x', { signal: new AbortController() });
  // @ts-expect-error an option that there is not
  void fsp.rm('x', { recursiv: true });
  // @ts-expect-error the times are missing
  void fsp.utimes('x');
  // @ts-expect-error a FileHandle is made by open()
  new fsp.FileHandle(3);
  // @ts-expect-error a promise is no text
  fsp.readFile('x', 'utf8').toUpperCase();
}

export async function refusedOfHandles(open: fsp.FileHandle): Promise<void> {
  // @ts-expect-error the descriptor is read-only
  open.fd = 3;
  // @ts-expect-error numbers are not written
  await open.write(5);
  // @ts-expect-error a buffer is needed, not a length
  await open.read(16);
  // @ts-expect-error one buffer is no list
  await open.writev(Buffer.alloc(1));
  // @ts-expect-error close takes no options
  await open.close({ timeout: 1 });
}

export async function watching(signal: AbortSignal): Promise<void> {
  const limits = { signal, timeout: 100, maxQueue: 10, overflow: 'error' } as const;
  for await (const { eventType, filename } of fsp.watch('x', limits)) {
    eventType satisfies 'rename' | 'change';
    filename satisfies string | null;
  }
  // @ts-expect-error a timeout is a number
  fsp.watch('x', { timeout: '1s' });
}
