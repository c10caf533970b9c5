// Every function of node:fs that waits for a disk, by its name, with the arguments that it takes before any options,
// and the request that it hangs on: for what holds of all of them.
import { configure, listPending } from '../../lib';
import { open } from '../../lib/fs/promises';
import { until } from '../fixtures/leaks';
import { processState } from '../fixtures/processes';
import type { StallOp } from '../fixtures/stallfs';
import { type Place, UNREAD } from '../stall/place';

/** Where one call works. */
export interface Work {
  at(name: string): string;
  /** Of `file`, open for reading and writing. */
  readonly fd: number;
}

export interface Stalled {
  /** Options that it has in Node; undefined: none, so that ours come behind all arguments. */
  readonly options?: Record<string, unknown>;
  args(work: Work): unknown[];
  /** The request, and its path in the place. */
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

/** The same functions, in another of their shapes. */
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

/** All arguments but the callback, with `limits` where options of ours belong. */
export function argumentsOf({ args, options }: Stalled, work: Work, limits: object): unknown[] {
  return [...args(work), { ...options, ...limits }];
}

/** Runs `use` with the place, `file` in it open. Once that is over, nothing stalls any more. */
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

/** How a daemon leaves a call without an answer, the outcome, and the ms of grace that it takes. */
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

/** The one call there is hangs in the kernel, for want of the answer. */
export async function hangs(place: Place, how: Silence): Promise<void> {
  if (how !== 'deaf') return place.fs.waitHeld();
  await place.fs.waitUnread();
  // What it does not read may be the late close of somebody else.
  await until(
    () =>
      listPending({ state: 'running' }).some(
        ({ call, threadId }) => call !== '' && 'SD'.includes(processState(threadId) ?? 'none'),
      ),
    'the call hangs',
  );
}

/** Which functions there are to try, by what they are called in node:fs and in which shape. */
export const everyFunction: [string, string, Stalled][] = [
  ...Object.entries(stalled).map(([name, row]): [string, string, Stalled] => [name, name, row]),
  ...Object.entries(shapes).map(([title, row]): [string, string, Stalled] => [title, row.of, row]),
];
