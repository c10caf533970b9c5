// Every way to end a call, with a daemon that honours the interrupt and with one that does not.
import { constants } from 'node:os';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { configure, interrupt, interruptUnder, listPending } from '../../lib';
import { native } from '../../lib/engine/addon';
import type { FileHandle } from '../../lib/fs/promises';
import { access, open, readFile, stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Fate, mounted, type Place, UNREAD } from './place';

const { ETIMEDOUT } = constants.errno;
const REASON = { why: 'because' };

beforeAll(() => stat('/'));

interface Way {
  /** The options of the call. */
  begin?(): { signal?: AbortSignal; timeout?: number };
  /** Called once the call is held; left out if the call ends by itself. */
  end?(place: Place, handle: FileHandle): Promise<unknown>;
  error: object;
  cause: unknown;
}

let controller = new AbortController();

const interrupted = { name: 'InterruptError', code: 'EINTR', errno: -constants.errno.EINTR };
/** The report, if this way has one. */
const SHORT = 20;
/** With a daemon that honours INTERRUPT: a grace so long that the call is not killed before the answer. */
const LONG = 60_000;
let options = { grace: SHORT, reason: REASON };

const ways: Record<string, Way> = {
  'interrupt(op)': {
    end: (place) => interrupt(...listPending({ under: place.path })),
    error: interrupted,
    cause: undefined,
  },
  'interrupt([op], options)': {
    end: (place) => interrupt(listPending({ under: place.path }), options),
    error: interrupted,
    cause: REASON,
  },
  'interrupt of a set': {
    end: (place) => interrupt(new Set(listPending({ under: place.path })), options),
    error: interrupted,
    cause: REASON,
  },
  'handle.listPending()': {
    end: (_, handle) => interrupt(handle.listPending(), options),
    error: interrupted,
    cause: REASON,
  },
  'interruptUnder(the mount)': {
    end: (place) => interruptUnder(place.fs.path, options),
    error: interrupted,
    cause: REASON,
  },
  'interruptUnder(the file)': {
    end: (place) => interruptUnder(place.at('file'), options),
    error: interrupted,
    cause: REASON,
  },
  'options.signal': {
    begin: () => {
      controller = new AbortController();
      return { signal: controller.signal };
    },
    end: async () => controller.abort(REASON),
    error: { name: 'AbortError', code: 'ABORT_ERR', message: 'The operation was aborted' },
    cause: REASON,
  },
  // Long enough for the call to be held first.
  'options.timeout': {
    begin: () => ({ timeout: 200 }),
    error: { name: 'TimeoutError', code: 'ETIMEDOUT', errno: -ETIMEDOUT },
    cause: undefined,
  },
};

describeWith('stallfs', 'a call is ended', () => {
  const stage = mounted();
  afterEach(() => configure({ grace: 100 }));

  describe.each(Object.entries(ways))('by %s', (_, way) => {
    it.each([
      ['honour', 'interrupted'],
      ['ignore', 'abandoned'],
    ] as const)('and the daemon would %s it', async (how, outcome) => {
      const grace = how === 'honour' ? LONG : SHORT;
      options = { grace, reason: REASON };
      configure({ grace });
      const place = stage.place();
      const handle = await open(place.at('file'), 'r+');
      await place.fs.hold(how, { op: 'read', path: place.root });
      const fate = new Fate(handle.read(Buffer.alloc(7), 0, 7, 0, way.begin?.()));
      if (way.end !== undefined) {
        await place.fs.waitHeld(1);
        await way.end(place, handle);
      }
      await fate.settled;
      expect(fate.error).toMatchObject({ ...way.error, outcome, syscall: 'read', path: place.at('file') });
      expect(fate.error?.cause).toBe(way.cause);
      expect(fate.error?.mayHaveTakenEffect).toBe(false);
      await place.fs.normal();
      expect(await place.fs.release()).toBe(how === 'ignore' ? 1 : 0);
      await until(() => handle.listPending().length === 0, 'the kernel has let go');
      const { buffer } = await handle.read(Buffer.alloc(7), 0, 7, 0);
      expect(buffer.toString()).toBe('content');
      await handle.close();
    });
  });

  it('many at once, each with its own outcome', async () => {
    const place = stage.place();
    await place.fs.hold('honour', { op: 'getattr', path: `${place.root}/file` });
    await place.fs.hold('ignore', { op: 'readlink', path: place.root });
    const honoured = new Fate(stat(place.at('file')));
    const ignored = new Fate(readFile(place.at('link')));
    await place.fs.waitHeld(2);
    const ops = listPending({ under: place.path });
    // A busy daemon may need a while to honour it. After a quarter of the grace a task is killed.
    const reports = await interrupt([...ops, ...ops], { grace: 1000 });
    expect(reports.map(({ op, outcome }) => [op.fn(), outcome])).toEqual([
      ['stat', 'interrupted'],
      ['readFile', 'abandoned'],
      ['stat', 'interrupted'],
      ['readFile', 'abandoned'],
    ]);
    expect([honoured.error?.outcome, ignored.error?.outcome]).toEqual(['interrupted', 'abandoned']);
    await place.fs.normal();
    await place.fs.release();
  });

  it('only below the path that was named', async () => {
    const [one, other] = [stage.place(), stage.place()];
    await one.fs.late({ op: 'getattr' });
    const ended = new Fate(stat(one.at('file')));
    const waits = new Fate(stat(other.at('file')));
    await until(async () => (await one.fs.held()).length === 2, 'both held');
    expect(await interruptUnder(one.path, { grace: 10 })).toMatchObject([{ outcome: 'abandoned' }]);
    expect([ended.over, waits.over]).toEqual([true, false]);
    await one.fs.normal();
    await one.fs.release();
    expect((await waits.settled).error).toBe(undefined);
  });

  it('after it was answered: the caller gets the result', async () => {
    const place = stage.place();
    await place.fs.late({ op: 'getattr', path: place.root });
    const { interrupt: before = 0 } = await place.fs.counts();
    const fate = new Fate(stat(place.at('file')));
    await place.fs.waitHeld(1);
    const reports = interrupt(listPending({ under: place.path }), { grace: 60_000 });
    await place.fs.waitCount('interrupt', before + 1);
    await place.fs.normal();
    await place.fs.release();
    expect(await reports).toMatchObject([{ outcome: 'completed' }]);
    expect((await fate.settled).value).toMatchObject({ size: 7 });
  });

  it('before it has begun: no system call is made', async () => {
    const place = stage.place();
    const { lookup } = await place.fs.counts();
    const calls = [stat(place.at('file')), readFile(place.at('file')), access(place.at('file'))];
    const fates = calls.map((call) => new Fate(call));
    // In the same tick. Workers may have taken some.
    const reports = await interrupt(listPending({ under: place.path }), { grace: 60_000 });
    for (const [i, { outcome }] of reports.entries()) {
      // `completed`: a worker was faster. `interrupted`: a worker was about to make the call.
      expect(['cancelled', 'interrupted', 'completed']).toContain(outcome);
      expect((await fates[i]?.settled)?.error?.outcome).toBe(outcome === 'completed' ? undefined : outcome);
    }
    if (reports.every(({ outcome }) => outcome === 'cancelled'))
      expect((await place.fs.counts()).lookup).toBe(lookup);
  });

  it('with an aborted signal makes no system call', async () => {
    const place = stage.place();
    const { lookup } = await place.fs.counts();
    const fate = new Fate(stat(place.at('file'), { signal: AbortSignal.abort(REASON) }));
    expect((await fate.settled).error).toMatchObject({
      name: 'AbortError',
      cause: REASON,
      outcome: 'cancelled',
      mayHaveTakenEffect: false,
    });
    expect((await place.fs.counts()).lookup).toBe(lookup);
  });
});

/**
 * How a queued call may end. If a worker has taken it between the listing and the interrupt, it is stuck, too, or
 * interrupted before its system call; on a busy machine the grace is over before a kill is.
 */
const ENDS = ['cancelled', 'interrupted', 'abandoned', UNREAD];

describeWith('stallfs', 'with one worker, stuck', () => {
  const stage = mounted();

  it('queued calls are cancelled, and a queued close still happens', async () => {
    const place = stage.place();
    const handle = await open(place.at('file'), 'r');
    await place.fs.hold('ignore', { op: 'getattr', path: place.root });
    // No new workers: all are stuck, and one call is queued.
    const { workers } = native.counts();
    configure({ maxThreads: workers });
    const stuck = Array.from({ length: workers }, () => new Fate(stat(place.at('file'))));
    try {
      await place.fs.waitHeld(1);
      const last = new Fate(stat(place.at('file')));
      const closed = new Fate(handle.close());
      // The mount's workers count, too, so no worker takes these two.
      const waiting = listPending({ state: 'queued' });
      for (const op of waiting) expect(op).toMatchObject({ threadId: 0, call: '' });
      const reports = await interrupt(waiting, { grace: 10 });
      // A worker closes the descriptor later; the caller is free after the grace.
      for (const { op, outcome } of reports) {
        if (op.fn() !== 'close') expect(ENDS).toContain(outcome);
        else expect(outcome).toBe((await closed.settled).error?.outcome ?? 'completed');
      }
      expect(reports.map(({ op }) => op.fn())).toContain('close');
      expect(last.error?.mayHaveTakenEffect).toBe(false);
    } finally {
      configure({ maxThreads: 16384 });
      await place.fs.normal();
      await place.fs.release();
    }
    for (const fate of stuck) {
      const { error } = await fate.settled;
      if (error !== undefined) expect(ENDS).toContain(error.outcome);
    }
  });
});
