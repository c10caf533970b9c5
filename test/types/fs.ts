// Compiled, never run: `signal` and `timeout` in the signatures of the callback API, streams and synchronous functions.
import type * as node from 'node:fs';
import ours, * as fs from '../../lib/fs';

type Ours = typeof fs;

// A drop-in: wherever node:fs is wanted, ours will do, function by function.
type Known = Exclude<keyof typeof node & keyof Ours, 'default' | 'promises'>;
export const functions = (ours: Ours): { [K in Known]: (typeof node)[K] } => ours;

export function callbacks(signal: AbortSignal, fd: number): void {
  const ending = { signal, timeout: 100 };
  fs.close(fd, ending, () => {});
  const done = (error: NodeJS.ErrnoException | null): void => void error;
  fs.access('x', ending, done);
  fs.appendFile('x', 'y', { ...ending, encoding: 'utf8' }, done);
  fs.chmod('x', 0o600, ending, done);
  fs.copyFile('x', 'y', ending, done);
  fs.cp('x', 'y', { ...ending, recursive: true }, done);
  fs.fsync(fd, ending, done);
  fs.link('x', 'y', ending, done);
  fs.mkdir('x', { ...ending, recursive: true }, done);
  fs.open('x', 'r', ending, (_, opened) => void (opened satisfies number));
  fs.opendir('x', ending, (_, dir) => void (dir satisfies node.Dir));
  fs.readFile('x', { ...ending, encoding: 'utf8' }, (_, text) => void (text satisfies string));
  fs.rename('x', 'y', ending, done);
  fs.rm('x', { ...ending, force: true }, done);
  fs.stat('x', ending, (_, stats) => void (stats satisfies node.Stats));
  fs.stat('x', { ...ending, bigint: true }, (_, stats) => void (stats.size satisfies bigint));
  fs.unlink('x', ending, done);
  fs.writeFile('x', 'y', ending, done);
  fs.exists('x', ending, (found) => void (found satisfies boolean));
  const bytes = Buffer.alloc(1);
  fs.read(fd, bytes, 0, 1, 0, ending, (_, count, read) => void ([count, read] satisfies [number, Buffer]));
  fs.read(fd, { ...ending, buffer: bytes }, (_, count) => void (count satisfies number));
  fs.readv(fd, [bytes], 0, ending, (_, count, read) => void ([count, read] satisfies [number, Buffer[]]));
  fs.write(fd, bytes, 0, 1, null, ending, (_, count) => void (count satisfies number));
  fs.write(fd, 'x', 0, 'utf8', ending, (_, count, text) => void ([count, text] satisfies [number, string]));
  fs.writev(fd, [bytes], ending, (_, count) => void (count satisfies number));
  fs.createReadStream('x', { ...ending, start: 1 }).on('data', () => {});
  fs.createWriteStream('x', ending).write('y');
}

export function synchronous(fd: number): void {
  const limit = { timeout: 100 };
  fs.statSync('x', limit) satisfies node.Stats;
  fs.statSync('x', { ...limit, bigint: true }) satisfies node.BigIntStats;
  fs.readFileSync('x', { ...limit, encoding: 'utf8' }) satisfies string;
  fs.readFileSync('x', limit) satisfies Buffer;
  fs.readdirSync('x', { ...limit, withFileTypes: true }) satisfies node.Dirent[];
  fs.opendirSync('x', { ...limit, encoding: 'utf8' }) satisfies node.Dir;
  fs.opendirSync('x', limit).readSync(limit) satisfies node.Dirent | null;
  fs.opendirSync('x', limit).closeSync(limit);
  fs.existsSync('x', limit) satisfies boolean;
  fs.openSync('x', 'r', undefined, limit) satisfies number;
  fs.readSync(fd, Buffer.alloc(1), { ...limit, position: 0 }) satisfies number;
  fs.readSync(fd, Buffer.alloc(1), 0, 1, null, limit) satisfies number;
  fs.writeSync(fd, 'x', limit) satisfies number;
  fs.fsyncSync(fd, limit);
  fs.closeSync(fd, limit);
  fs.renameSync('x', 'y', limit);
  fs.symlinkSync('x', 'y', 'file', limit);
  fs.utimesSync('x', 1, 1, limit);
  fs.cpSync('x', 'y', { ...limit, recursive: true });
  fs.rmSync('x', { ...limit, recursive: true });
  fs.mkdirSync('x', { ...limit, recursive: true }) satisfies string | undefined;
}

export function watchers(signal: AbortSignal): void {
  const watcher: fs.StatWatcher = fs.watchFile('x', { signal, timeout: 100, interval: 1 }, (now, before) => {
    now.size satisfies number;
    before satisfies node.Stats;
  });
  watcher.on('stall', (mount) => void (mount satisfies string)).on('recover', (mount) => void mount);
  watcher.unref() satisfies fs.StatWatcher;
  watcher satisfies node.StatWatcher;
  fs.watchFile('x', { bigint: true }, (now) => void (now satisfies node.BigIntStats));
  fs.watchFile('x', (now) => void (now satisfies node.Stats));
  fs.unwatchFile('x');
  const heard: fs.FSWatcher = fs.watch('x', { signal, timeout: 100 }, (kind, name) => {
    kind satisfies 'rename' | 'change';
    name satisfies string | null;
  });
  heard
    .on('error', (error) => void (error satisfies Error))
    .on('stall', (mount) => void (mount satisfies string));
  heard.unref() satisfies node.FSWatcher;
  fs.watch('x', 'buffer', (_, name) => void (name satisfies Buffer | null));
  fs.watch('x', () => {}).close();
  // @ts-expect-error there is no such event
  watcher.on('stalled', () => {});
}

// `import fs from` of a bundler, or with esModuleInterop.
export function byDefault(): void {
  ours.stat('x', { timeout: 100 }, (_, stats) => void (stats satisfies node.Stats));
  ours.readFileSync('x', { timeout: 100, encoding: 'utf8' }) satisfies string;
  ours.promises.access('x', undefined, { timeout: 100 }) satisfies Promise<void>;
  new ours.Stats() satisfies node.Stats;
  // @ts-expect-error an option that there is not
  ours.rmSync('x', { recursiv: true });
}

export function refused(): void {
  // @ts-expect-error a timeout is a number
  fs.statSync('x', { timeout: '1s' });
  // @ts-expect-error a thread that waits hears of no signal
  fs.unlinkSync('x', { signal: new AbortController().signal });
  // @ts-expect-error a signal is an AbortSignal
  fs.unlink('x', { signal: 1 }, () => {});
  // @ts-expect-error an option that there is not
  fs.rmSync('x', { recursiv: true });
}
