// Every function of node:fs that waits for a disk, with the arguments before its options and the FUSE request that it
// hangs on. For tests of what holds for all of them.
import { configure, listPending } from '../../lib';
import { open } from '../../lib/fs/promises';
import { until } from '../fixtures/leaks';
import { processState } from '../fixtures/processes';
import type { StallOp } from '../fixtures/stallfs';
import { type Place, UNREAD } from '../stall/place';

/** The files of one call. */
export interface Work {
  at(name: string): string;
  /** A descriptor of `file`, open for reading and writing. */
  readonly fd: number;
}

export interface Stalled {
  /** The function's options in Node; undefined: it has none, so ours follow all arguments. */
  readonly options?: Record<string, unknown>;
  args(work: Work): unknown[];
  /** The FUSE request, and its path below the mount. */
  readonly held: readonly [StallOp, string];
}

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

type Args = (work: Work) => unknown[];
const row = (held: Stalled['held'], args: Args, options?: Stalled['options']): Stalled => ({
  held,
  args,
  ...(options && { options }),
});
const onFile =
  (...more: unknown[]): Args =>
  ({ at }) => [at('file'), ...more];
const onFd =
  (...more: unknown[]): Args =>
  ({ fd }) => [fd, ...more];

const bytes = (): Buffer => Buffer.from('more');

export const stalled: Record<string, Stalled> = {
  access: row(['access', 'file'], onFile(4)),
  appendFile: row(['open', 'file'], onFile('more'), {}),
  chmod: row(['setattr', 'file'], onFile(0o600)),
  chown: row(['setattr', 'file'], onFile(uid, gid)),
  copyFile: row(['open', 'file'], ({ at }) => [at('file'), at('copy'), 0]),
  cp: row(['opendir', 'full'], ({ at }) => [at('full'), at('copy')], { recursive: true }),
  exists: row(['access', 'file'], onFile()),
  fchmod: row(['setattr', 'file'], onFd(0o600)),
  fchown: row(['setattr', 'file'], onFd(uid, gid)),
  fdatasync: row(['fsync', 'file'], onFd()),
  fstat: row(['getattr', 'file'], onFd(), {}),
  fsync: row(['fsync', 'file'], onFd()),
  ftruncate: row(['setattr', 'file'], onFd(3)),
  futimes: row(['setattr', 'file'], onFd(1, 2)),
  lchown: row(['setattr', 'link'], ({ at }) => [at('link'), uid, gid]),
  link: row(['link', ''], ({ at }) => [at('file'), at('made')]),
  lstat: row(['getattr', 'link'], ({ at }) => [at('link')], {}),
  lutimes: row(['setattr', 'link'], ({ at }) => [at('link'), 1, 2]),
  mkdir: row(['mkdir', 'made'], ({ at }) => [at('made')], {}),
  mkdtemp: row(['mkdir', 'made-'], ({ at }) => [at('made-')], {}),
  open: row(['open', 'file'], onFile('r', 0o666)),
  opendir: row(['opendir', 'full'], ({ at }) => [at('full')], {}),
  read: row(['read', 'file'], ({ fd }) => [fd, Buffer.alloc(7), 0, 7, 0]),
  readdir: row(['opendir', 'full'], ({ at }) => [at('full')], { recursive: true }),
  readFile: row(['read', 'file'], onFile(), { encoding: 'utf8' }),
  readlink: row(['readlink', 'link'], ({ at }) => [at('link')], {}),
  readv: row(['read', 'file'], ({ fd }) => [fd, [Buffer.alloc(3), Buffer.alloc(4)], 0]),
  realpath: row(['readlink', 'link'], ({ at }) => [at('link')], {}),
  rename: row(['rename', ''], ({ at }) => [at('file'), at('moved')]),
  rm: row(['unlink', 'full'], ({ at }) => [at('full')], { recursive: true }),
  rmdir: row(['rmdir', 'empty'], ({ at }) => [at('empty')], {}),
  stat: row(['getattr', 'file'], onFile(), {}),
  statfs: row(['statfs', 'file'], onFile(), {}),
  symlink: row(['symlink', ''], ({ at }) => ['file', at('made'), 'file']),
  truncate: row(['setattr', 'file'], onFile(3)),
  unlink: row(['unlink', 'file'], onFile()),
  utimes: row(['setattr', 'file'], onFile(1, 2)),
  write: row(['write', 'file'], ({ fd }) => [fd, bytes(), 0, 4, 0]),
  writeFile: row(['write', 'file'], onFile('data'), {}),
  writev: row(['write', 'file'], ({ fd }) => [fd, [bytes(), bytes()], 0]),
};

/** The same functions with other kinds of arguments. */
export const shapes: Record<string, Stalled & { readonly of: string }> = {
  'readFile of a descriptor': { of: 'readFile', ...row(['read', 'file'], onFd(), {}) },
  'writeFile of a descriptor': { of: 'writeFile', ...row(['write', 'file'], onFd('data'), {}) },
  'write of text': { of: 'write', ...row(['write', 'file'], onFd('more', 0, 'utf8')) },
  'truncate, opening': { of: 'truncate', ...row(['open', 'file'], onFile(3)) },
  'readdir with types': {
    of: 'readdir',
    ...row(['readdir', 'full'], ({ at }) => [at('full')], { withFileTypes: true }),
  },
  'mkdir with recursive': {
    of: 'mkdir',
    ...row(['mkdir', 'made'], ({ at }) => [at('made/below')], { recursive: true }),
  },
  'cp of a file': { of: 'cp', ...row(['open', 'file'], ({ at }) => [at('file'), at('copy')], {}) },
};

/** Returns all arguments but the callback; `limits` takes the place of the options. */
export function argumentsOf({ args, options }: Stalled, work: Work, limits: object): unknown[] {
  return [...args(work), { ...options, ...limits }];
}

/** Runs `use` with a place whose `file` is open. Afterwards the file system answers again. */
export async function working(place: Place, use: (work: Work) => Promise<void>): Promise<void> {
  const handle = await open(place.at('file'), 'r+');
  try {
    await use({ at: (name) => place.at(name), fd: handle.fd });
  } finally {
    await place.fs.normal();
    await place.fs.release();
    await until(() => listPending({ under: place.fs.path }).length === 0, 'the kernel has let go');
    await handle.close();
  }
}

/** How the daemon leaves a call unanswered, with the outcome and the ms of grace that it takes. */
export const silences = {
  honour: { outcome: 'interrupted', grace: 60_000 },
  ignore: { outcome: 'abandoned', grace: 20 },
  deaf: { outcome: UNREAD, grace: UNREAD === 'killed' ? 600 : 20 },
} as const;
export type Silence = keyof typeof silences;

export async function silence(place: Place, how: Silence, { held }: Stalled): Promise<void> {
  configure({ grace: silences[how].grace });
  const [op, name] = held;
  if (how === 'deaf') await place.fs.deaf();
  else await place.fs.hold(how, { op, path: `${place.root}/${name}` });
}

/** Waits until the only pending call is in the kernel, waiting for the daemon. */
export async function hangs(place: Place, how: Silence): Promise<void> {
  if (how !== 'deaf') return place.fs.waitHeld();
  await place.fs.waitUnread();
  // The unread request may be another call's late close.
  await until(
    () =>
      listPending({ state: 'running' }).some(
        ({ call, threadId }) => call !== '' && 'SD'.includes(processState(threadId) ?? 'none'),
      ),
    'the call hangs',
  );
}

/** The functions to try, by their names in node:fs and their arguments. */
export const everyFunction: [string, string, Stalled][] = [
  ...Object.entries(stalled).map(([name, row]): [string, string, Stalled] => [name, name, row]),
  ...Object.entries(shapes).map(([title, row]): [string, string, Stalled] => [title, row.of, row]),
];
