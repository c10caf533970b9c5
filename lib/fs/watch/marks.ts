// The watches of this environment's inotify queue, each with those who hear of it. As in libuv: one queue, one watch for
// each file, whatever path leads to it, and events are told in the words of its uv__inotify_read().
//
// Adding and removing watches wait for the file system, so both are calls. A watch has its events from the moment that the
// kernel has it, which may be told before the call that added it has been heard of (`early`); and a removal may come
// after a call that added the same watch again (`gone`). The kernel does not use the number of a watch again.
import type { Call } from '../../call';
import { ready } from '../../call/callbacks';
import { holdForWatches, keepsLoop, openWatches, readWatches } from '../../engine';
import { Code, OpKind } from '../../engine/codes';
import { setWatch } from '../../engine/operands';
import { noop } from '../../util/noop';
import { outside } from '../../util/outside';
import { type Path, pathCall, voidType } from '../requests/request';
import { type Steps, step } from './drive';

export type EventType = 'rename' | 'change';

/** Who hears what happens to the file at `path`. */
export interface Ear {
  readonly path: Path;
  /** `name`: in bytes, that of an entry of the folder, or the last of the path itself. */
  hear(type: EventType, name: Buffer): void;
}

/** One watch of the kernel's, and who hears of it. */
class Mark {
  readonly wd: number;
  /** The first ear's: others may have come by another one, and hear that name all the same. */
  readonly path: Path;
  readonly ears = new Set<Ear>();

  constructor(wd: number, path: Path) {
    this.wd = wd;
    this.path = path;
  }
}

interface InotifyEvent {
  readonly wd: number;
  readonly mask: number;
  readonly name: Buffer | undefined;
}

const IN_MODIFY = 0x2;
const IN_ATTRIB = 0x4;
const IN_IGNORED = 0x8000;
const CHANGES = IN_ATTRIB | IN_MODIFY;

/** The `len` of an event stands there, and its name behind it. */
const LENGTH_AT = 12;
const HEAD = 16;

const marks = new Map<number, Mark>();
const markOf = new Map<Ear, Mark>();
/** Watches that are being removed, until the kernel has said that it has none of that number any more. */
const gone = new Set<number>();
/** Of those, which it has said that of while a call was under way that may have added one of that number before. */
const ended = new Set<number>();
/** Calls that add a watch and have not settled. */
let adding = 0;
/** Events of watches that nobody has heard of yet. */
let early: InotifyEvent[] = [];
/** More come only where a watch was added whose caller has left: there is nobody to tell. */
const MOST_EARLY = 1024;

/** The queue's descriptor, or -errno; 0: not opened yet. */
let queue = 0;
const ENOSYS = -38;

/** Whether this system has such queues. */
export const hasQueues = (): boolean => openQueue() !== ENOSYS;

/** The queue's descriptor, or -errno. */
export function openQueue(): number {
  if (queue <= 0 && queue !== ENOSYS) queue = process.platform === 'linux' ? openWatches(readAll) : ENOSYS;
  return queue;
}

let holders = 0;

/** Counted: the event loop waits while somebody holds it. */
export function holdLoop(on: boolean): void {
  holders += on ? 1 : -1;
  if (holders === (on ? 1 : 0)) holdForWatches(on);
}

/** Has the ear hear of its path. `make`: the call that adds the watch. */
export function* listen(ear: Ear, make: () => Call<number>): Steps<void> {
  for (;;) {
    adding++;
    try {
      const wd = yield* step(make());
      if (!gone.has(wd)) {
        enter(ear, wd);
        return;
      }
      // Added before it was removed. Once more, when it has been removed for sure.
      yield* step(removal(wd, ear.path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall !== REMOVAL.syscall) throw error;
    } finally {
      adding--;
      if (adding === 0) settle();
    }
  }
}

function enter(ear: Ear, wd: number): void {
  let mark = marks.get(wd);
  if (mark === undefined) {
    mark = new Mark(wd, ear.path);
    marks.set(wd, mark);
  }
  mark.ears.add(ear);
  markOf.set(ear, mark);
  const known = early.filter((event) => event.wd === wd);
  if (known.length === 0) return;
  early = early.filter((event) => event.wd !== wd);
  for (const event of known) tell(event);
}

/** No call that adds a watch is under way. */
function settle(): void {
  early = [];
  for (const wd of ended) gone.delete(wd);
  ended.clear();
}

/** The ear hears no more. */
export function silence(ear: Ear): void {
  const mark = markOf.get(ear);
  if (mark === undefined) return;
  markOf.delete(ear);
  mark.ears.delete(ear);
  if (mark.ears.size > 0) return;
  marks.delete(mark.wd);
  remove(mark.wd, mark.path);
}

/** A part of what its caller has begun: nobody waits for it. */
const REMOVAL = {
  ...voidType('unwatch', Code.unwatch, 'inotify_rm_watch', OpKind.Path, false),
  givesBack: true,
};

function removal(wd: number, path: Path): Call<void> {
  const call = pathCall(REMOVAL, path, [path], undefined);
  setWatch(call, queue, wd);
  return call;
}

function remove(wd: number, path: Path): void {
  gone.add(wd);
  const call = removal(wd, path);
  outside(() => call.startFor({ done: noop, failed: noop }));
  keepsLoop(call as Call<unknown>, false);
}

const buffer = Buffer.alloc(64 * 1024);

/** Whether the queue has something, all of it. */
function readAll(): void {
  for (let size = readWatches(buffer); size > 0; size = readWatches(buffer)) {
    for (let at = 0; at < size; ) {
      const length = buffer.readUInt32LE(at + LENGTH_AT);
      hear({
        wd: buffer.readInt32LE(at),
        mask: buffer.readUInt32LE(at + 4),
        name: length === 0 ? undefined : nameIn(at + HEAD, length),
      });
      at += HEAD + length;
    }
  }
}

/** A name is filled up with NULs. */
function nameIn(start: number, length: number): Buffer {
  const end = buffer.indexOf(0, start);
  return Buffer.from(buffer.subarray(start, end === -1 ? start + length : Math.min(end, start + length)));
}

function hear(event: InotifyEvent): void {
  const { wd, mask } = event;
  const isLast = (mask & IN_IGNORED) !== 0;
  if (marks.has(wd)) tell(event);
  else if (adding > 0 && !gone.has(wd)) keep(event);
  else if (!isLast && !gone.has(wd) && wd > 0) remove(wd, '');
  if (!isLast) return;
  if (adding === 0) {
    gone.delete(wd);
  } else {
    gone.add(wd);
    ended.add(wd);
  }
}

function keep(event: InotifyEvent): void {
  if (early.length === MOST_EARLY) early.shift();
  early.push(event);
}

function tell({ wd, mask, name }: InotifyEvent): void {
  const mark = marks.get(wd) as Mark;
  const type = (mask & ~CHANGES) !== 0 ? 'rename' : 'change';
  const said = name ?? lastOf(mark.path);
  for (const ear of [...mark.ears]) {
    ready({ run: () => (markOf.get(ear) === mark ? ear.hear(type, said) : undefined) });
  }
  if ((mask & IN_IGNORED) !== 0) ready({ run: () => forget(mark) });
}

/** The kernel has removed it, with the file. */
function forget(mark: Mark): void {
  marks.delete(mark.wd);
  for (const ear of mark.ears) markOf.delete(ear);
}

/** As basename() of libuv has it: what stands behind the last slash, be it nothing. */
function lastOf(path: Path): Buffer {
  const bytes = Buffer.from(path as string);
  return bytes.subarray(bytes.lastIndexOf(0x2f) + 1);
}
