// The place where these tests run: a folder for each test on a mount that stalls, and counts of what a test could leave
// behind.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect } from '@jest/globals';
import { type InterruptError, listPending, OpKind, type Outcome, type PendingOp } from '../../lib';
import { attached } from '../../lib/engine';
import { native } from '../../lib/engine/addon';
import { stat } from '../../lib/fs/promises';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { processState } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';

export const CONTENT = 'content';

let placesMade = 0;

export class Place {
  readonly fs: StallFs;
  /** Returns a path as the daemon's filters take it. */
  readonly root: string;
  readonly path: string;
  readonly backing: string;

  constructor(fs: StallFs) {
    this.fs = fs;
    this.root = `/place${++placesMade}`;
    this.path = fs.path + this.root;
    this.backing = fs.backing + this.root;
    mkdirSync(this.backing);
    writeFileSync(this.behind('file'), CONTENT);
    symlinkSync('file', this.behind('link'));
    mkdirSync(this.behind('empty'));
    mkdirSync(this.behind('full/a'), { recursive: true });
    mkdirSync(this.behind('full/b'));
    for (const name of ['full/one', 'full/a/two', 'full/b/three']) writeFileSync(this.behind(name), name);
  }

  /** A path on the mount. Use it through the package only. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** The same file below the mount's source, where nothing stalls. */
  behind(name: string): string {
    return join(this.backing, name);
  }

  /** Returns the Top op that runs in the place. */
  top(): PendingOp {
    const ops = listPending({ under: this.path }).filter((op) => (op.kind() & OpKind.Top) !== 0);
    expect(ops).toHaveLength(1);
    return ops[0] as PendingOp;
  }
}

/**
 * Waits for ops below `path` whose workers sleep in a call. The number of requests that wait at the daemon would not do:
 * an opener closes its own descriptor later, which is a FLUSH.
 */
export function sleeping(path: string): PendingOp[] {
  const inCall = listPending({ under: path }).filter(({ call }) => call !== '');
  return inCall.filter(({ threadId }) => 'SD'.includes(processState(threadId) ?? 'none'));
}

/** Resolves once the kernel has released every call in the place. */
export const allReleased = (place: Place): Promise<unknown> =>
  until(() => listPending({ under: place.path }).length === 0, 'the kernel has released every call');

/** Returns how a promise settles, without an unhandled rejection meanwhile. */
export class Fate {
  value: unknown = undefined;
  error: (InterruptError & NodeJS.ErrnoException) | undefined = undefined;
  over = false;
  readonly settled: Promise<this>;

  constructor(promise: Promise<unknown>) {
    this.settled = promise.then(
      (value) => {
        this.value = value;
        this.over = true;
        return this;
      },
      (error) => {
        this.error = error as InterruptError & NodeJS.ErrnoException;
        this.over = true;
        return this;
      },
    );
  }
}

/** How a call ends whose request was not read: `killed` if its worker is a task. */
export const UNREAD: Outcome = native.counts().killable ? 'killed' : 'abandoned';

const LEAK_MS = 5_000;

/** Expects an empty table, and as many descriptors, ops and open files of the daemon as before. */
export async function expectNothingLeft(fs: StallFs | undefined, before: OpenDescriptors): Promise<void> {
  await until(() => listPending().length === 0, 'an empty pending table', LEAK_MS);
  await before.closed(LEAK_MS);
  await until(() => attached()?.opsOut() === 0, 'all ops over', LEAK_MS);
  // Cancelled ones stay in the queue until a worker gets there.
  await until(() => native.counts().queued === 0, 'an empty queue', LEAK_MS);
  if (fs === undefined) return;
  await until(async () => (await fs.openHandles()) === 0, 'no handle open on the mount', LEAK_MS);
}

export interface Mounted {
  readonly fs: StallFs;
  place(): Place;
}

/**
 * A mount for the tests of a suite, with direct I/O: no signal ends a read through the page cache. After each test nothing
 * of it may be left. `fresh`: a mount for each test, for tests that end the connection.
 */
export function mounted(how: 'shared' | 'fresh' = 'shared'): Mounted {
  let fs: StallFs | undefined;
  let before: OpenDescriptors;
  const current = (): StallFs => {
    if (fs === undefined) throw new Error('not mounted');
    return fs;
  };
  const unmount = async (): Promise<void> => {
    const last = fs;
    fs = undefined;
    await last?.unmount();
  };
  beforeEach(async () => {
    if (fs === undefined) {
      fs = await StallFs.mount();
      await fs.directIo(true);
      // The first call on such a file system makes tasks and their socket, which stay.
      await stat(fs.path);
    }
    before = new OpenDescriptors();
  });
  afterEach(async () => {
    const last = current();
    try {
      // A failed test may have left requests held.
      last.cont();
      await last.normal();
      // After an abort the daemon gets no RELEASE, so its open files say nothing.
      if (how === 'shared') await last.release();
      else last.abort();
      await expectNothingLeft(how === 'shared' ? last : undefined, before);
      if (how === 'fresh') await unmount();
    } catch (error) {
      // The next test begins without them.
      await unmount();
      throw error;
    }
  });
  afterAll(unmount);
  return {
    get fs() {
      return current();
    },
    place: () => new Place(current()),
  };
}
