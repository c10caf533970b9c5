// Dirents of Node's own class, so that its methods, its hidden type field and `instanceof` are the real ones.
import { constants, Dirent, Stats } from 'node:fs';
import { join, sep } from 'node:path';

export type AnyDirent = Dirent | Dirent<Buffer>;

const NodeDirent = Dirent as unknown as new (
  name: string | Buffer,
  type: number,
  path: string | Uint8Array,
) => AnyDirent;

/** Makes an entry of the directory `path`. `type`: one of UV_DIRENT_*. */
export function direntOf(name: string | Buffer, type: number, path: string | Uint8Array): AnyDirent {
  return new NodeDirent(name, type, path);
}

const kStats = Symbol('stats');

/** Node's class for an entry whose type it had to ask for. Node does not export it. */
class DirentFromStats extends (NodeDirent as unknown as new (...given: unknown[]) => object) {
  constructor(name: string | Buffer, stats: Stats, path: string | Uint8Array) {
    super(name, null, path);
    Object.assign(this, { [kStats]: stats });
  }
}

for (const name of Reflect.ownKeys(Dirent.prototype) as (keyof Stats)[]) {
  if (typeof Stats.prototype[name] !== 'function' || (name as string) === 'constructor') continue;
  (DirentFromStats.prototype as unknown as Record<string, unknown>)[name] = function answer(this: {
    [kStats]: Record<string, () => boolean>;
  }) {
    return (this[kStats][name] as () => boolean)();
  };
}

export const direntFromStats = (name: string | Buffer, stats: Stats, path: string | Uint8Array): AnyDirent =>
  new DirentFromStats(name, stats, path) as AnyDirent;

// UV_DIRENT_*. Node has them among its constants, but @types/node does not.
export const DIRENT_UNKNOWN = 0;
export const DIRENT_FILE = 1;
export const DIRENT_DIR = 2;
export const DIRENT_LINK = 3;
export const DIRENT_FIFO = 4;
export const DIRENT_SOCKET = 5;
export const DIRENT_CHARACTER = 6;
export const DIRENT_BLOCK = 7;

const TYPE_OF_MODE = new Map<number, number>([
  [constants.S_IFREG, DIRENT_FILE],
  [constants.S_IFDIR, DIRENT_DIR],
  [constants.S_IFLNK, DIRENT_LINK],
  [constants.S_IFIFO, DIRENT_FIFO],
  [constants.S_IFSOCK, DIRENT_SOCKET],
  [constants.S_IFCHR, DIRENT_CHARACTER],
  [constants.S_IFBLK, DIRENT_BLOCK],
]);

/** Returns the type by the mode that lstat returns, for file systems whose listings have no types. */
export function direntTypeOf(stats: Pick<Stats, 'mode'>): number {
  return TYPE_OF_MODE.get(stats.mode & constants.S_IFMT) ?? DIRENT_UNKNOWN;
}

/** Returns the path of an entry: as bytes if either part is bytes. */
export function entryPath(
  path: string | Uint8Array,
  name: string | Buffer,
  encoding?: BufferEncoding | 'buffer' | null,
): string | Buffer {
  const otherwiseEncoded = encoding && encoding !== 'buffer' && encoding !== 'utf8' && encoding !== 'utf-8';
  if (typeof path === 'string' && typeof name === 'string' && !otherwiseEncoded) return join(path, name);
  const bytes = typeof name === 'string' ? Buffer.from(name, otherwiseEncoded ? encoding : 'utf8') : name;
  return Buffer.concat([Buffer.from(path as string), Buffer.from(sep), bytes]);
}
