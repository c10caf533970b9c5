// The watches of this environment's inotify queue, and the listeners of each. As in libuv, there is one queue, and one
// watch for each file, whatever path leads to it. Events are described in the words of libuv's uv__inotify_read().
//
// Adding and removing watches wait for the file system, so both are calls. The kernel sends events of a watch from the
// moment it has the watch, which may be before the completion of the call that added it is read (`early`). A removal
// may reach the kernel after a call that added the same watch again (`gone`). The kernel does not reuse the number of a
// watch.
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

/** A listener for what happens to the file at `path`. */
export interface Ear {
  readonly path: Path;
  /** `name`: in bytes, the name of an entry of the folder, or the last name of the path itself. */
  hear(type: EventType, name: Buffer): void;
}

/** One watch of the kernel's, and its listeners. */
class Mark {
  readonly wd: number;
  /**
   * The path of the first listener. Other listeners may have another path to the same file; they get the name of this
   * one all the same.
   */
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

/** The offset of `len` in an event. The name comes after it. */
const LENGTH_AT = 12;
const HEAD = 16;

const marks = new Map<number, Mark>();
const markOf = new Map<Ear, Mark>();
/** Watches that are being removed, until the kernel has reported that a watch of that number has ended. */
const gone = new Set<number>();
/**
 * Those of `gone` whose end the kernel has reported while a call was under way that may have added a watch of that
 * number before.
 */
const ended = new Set<number>();
/** The number of calls that add a watch and have not settled. */
let adding = 0;
/** Events of watches whose number no call has returned yet. */
let early: InotifyEvent[] = [];
/** There are more only if the caller of a call that added a watch was freed. Nobody listens for those events. */
const MOST_EARLY = 1024;

/** The descriptor of the queue, or -errno; 0: not opened yet. */
let queue = 0;
const ENOSYS = -38;

/** Returns whether this system has inotify. */
export const hasQueues = (): boolean => openQueue() !== ENOSYS;

/** Returns the descriptor of the queue, or -errno. */
export function openQueue(): number {
  if (queue <= 0 && queue !== ENOSYS) queue = process.platform === 'linux' ? openWatches(readAll) : ENOSYS;
  return queue;
}

let holders = 0;

/** Counts the holders of the event loop: while there is one, the queue keeps the loop alive. */
export function holdLoop(on: boolean): void {
  holders += on ? 1 : -1;
  if (holders === (on ? 1 : 0)) holdForWatches(on);
}

/** Adds a listener for its path. `make` makes the call that adds the watch. */
export function* listen(ear: Ear, make: () => Call<number>): Steps<void> {
  for (;;) {
    adding++;
    try {
      const wd = yield* step(make());
      if (!gone.has(wd)) {
        enter(ear, wd);
        return;
      }
      // The call has returned the number of a watch that is being removed: the watch was added before the removal. It
      // is tried again when the watch is removed for sure.
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

/** No call that adds a watch is under way any more. */
function settle(): void {
  early = [];
  for (const wd of ended) gone.delete(wd);
  ended.clear();
}

/** Removes a listener. */
export function silence(ear: Ear): void {
  const mark = markOf.get(ear);
  if (mark === undefined) return;
  markOf.delete(ear);
  mark.ears.delete(ear);
  if (mark.ears.size > 0) return;
  marks.delete(mark.wd);
  remove(mark.wd, mark.path);
}

/** A removal belongs to nobody: no caller waits for it. */
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

/** Reads everything that is in the queue. */
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

/** The kernel fills a name up with NULs. */
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

/** The kernel has removed the watch, because the file was deleted or unmounted. */
function forget(mark: Mark): void {
  marks.delete(mark.wd);
  for (const ear of mark.ears) markOf.delete(ear);
}

/** As libuv's basename(): returns what comes after the last slash, even if that is nothing. */
function lastOf(path: Path): Buffer {
  const bytes = Buffer.from(path as string);
  return bytes.subarray(bytes.lastIndexOf(0x2f) + 1);
}
