// Where the operations of these tests run: a folder of its own for each test on a mount that stalls, and the counts of
// what they could leave behind.
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
  /** Its path as the daemon's filters have it. */
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

  /** On the mount: not to be touched but through the package. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** What the mount shows, where nothing stalls. */
  behind(name: string): string {
    return join(this.backing, name);
  }

  /** The Top op that runs here. */
  top(): PendingOp {
    const ops = listPending({ under: this.path }).filter((op) => (op.kind() & OpKind.Top) !== 0);
    expect(ops).toHaveLength(1);
    return ops[0] as PendingOp;
  }
}

/**
 * Ops below `path` whose workers sleep in a call. (How much waits for a daemon says less: who has opened a file for a
 * worker closes it for himself later, which is a flush.)
 */
export function sleeping(path: string): PendingOp[] {
  const inCall = listPending({ under: path }).filter(({ call }) => call !== '');
  return inCall.filter(({ threadId }) => 'SD'.includes(processState(threadId) ?? 'none'));
}

/** What became of a promise, without an unhandled rejection meanwhile. */
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

/** How a call ends whose request was not read: its worker is killed, where workers can be. */
export const UNREAD: Outcome = native.counts().killable ? 'killed' : 'abandoned';

const LEAK_MS = 5_000;

/** All is back: table, descriptors, memory of ops, and what the daemon has open. */
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
 * A mount for the tests of a suite, with direct I/O: through the page cache no signal ends a read, whatever the daemon
 * does. After each test nothing of it may be left. `fresh`: one for each test, for what a mount does not get over.
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
      // What the first call on such a file system makes once, and keeps: tasks, and their socket.
      await stat(fs.path);
    }
    before = new OpenDescriptors();
  });
  afterEach(async () => {
    const last = current();
    try {
      // Whatever a failed test has left stalled.
      last.cont();
      await last.normal();
      // Of an aborted connection the daemon hears nothing more, so what it has open says nothing.
      if (how === 'shared') await last.release();
      else last.abort();
      await expectNothingLeft(how === 'shared' ? last : undefined, before);
      if (how === 'fresh') await unmount();
    } catch (error) {
      // The next test is to start afresh.
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
