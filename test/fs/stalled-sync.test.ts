// Every synchronous function with a timeout, on a file system that does not answer. If no signal ends the call, it is
// abandoned.
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { configure, interrupt, listPending, onPending, runInterruptible, type TimeoutError } from '../../lib';
import * as fs from '../../lib/fs';
import { functions } from '../../lib/fs/sync/functions';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { mounted, UNREAD } from '../stall/place';
import { thrown } from '../table/tools';
import {
  argumentsOf,
  everyFunction,
  type Silence,
  type Stalled,
  silence,
  silences,
  stalled,
  type Work,
  working,
} from './stalled-functions';

const limit = { timeout: 100 };

function calling(name: string, row: Stalled, work: Work): TimeoutError {
  const its = fs as unknown as Record<string, (...args: unknown[]) => void>;
  return thrown<TimeoutError>(() => its[`${name}Sync`]?.(...argumentsOf(row, work, limit)));
}

/** The name of the op: existsSync() makes an access(). */
const opOf = (name: string): string => (name === 'exists' ? 'access' : name);

it('every function is tried', () => {
  const names = Object.keys(stalled).map((name) => `${name}Sync`);
  expect([...names, 'closeSync'].sort()).toEqual(Object.keys(functions).sort());
});

describeWith('stallfs', 'a synchronous call', () => {
  const stage = mounted();
  afterEach(() => configure({ grace: 100 }));

  describe.each(everyFunction)('%s', (_, name, row) => {
    it.each(Object.keys(silences) as Silence[])('returns although the daemon is to %s', async (how) => {
      const place = stage.place();
      await working(place, async (work) => {
        await silence(place, how, row);
        const error = calling(name, row, work);
        const { outcome } = silences[how];
        expect(error).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT', outcome });
        expect(error.op.fn()).toBe(opOf(name));
        expect(error.message).toContain('after 100 ms');
        // The call may have left the close of a directory behind.
        const left = listPending().filter((op) => op.fn() !== 'close');
        expect(left.every(({ state }) => state === 'abandoned')).toBe(true);
        // The composite is listed, and the part of it that is in the kernel.
        if (outcome === 'abandoned') {
          const tops = left.filter(({ parent }) => parent === 0);
          expect(tops.map((op) => op.fn())).toEqual([opOf(name)]);
          expect(left.every(({ parent }) => parent === 0 || parent === tops[0]?.id)).toBe(true);
        }
      });
      // The daemon carries out the abandoned request.
      if (how === 'ignore' && name === 'unlink') expect(existsSync(place.behind('file'))).toBe(false);
    });
  });

  it('closeSync frees its caller, and closes', async () => {
    const place = stage.place();
    const fd = fs.openSync(place.at('file'), 'r', undefined, limit);
    configure({ grace: 20 });
    await place.fs.hold('ignore', { op: 'flush', path: place.root });
    expect(thrown<TimeoutError>(() => fs.closeSync(fd, limit))).toMatchObject({
      name: 'TimeoutError',
      outcome: 'abandoned',
      syscall: 'close',
    });
    await place.fs.normal();
    await place.fs.release();
    await until(() => listPending().length === 0, 'the kernel has let go');
  });

  it('a call within a scope is listed with the label of the scope', async () => {
    const place = stage.place();
    await place.fs.hold('ignore', { op: 'unlink', path: place.root });
    await runInterruptible({ label: 'mine' }, async () => {
      const error = thrown<TimeoutError>(() => fs.rmSync(place.at('full'), { ...limit, recursive: true }));
      expect(error).toMatchObject({ name: 'TimeoutError', op: { label: 'mine' } });
    });
  });

  it('the error of a composite says why it ended', async () => {
    const place = stage.place();
    await place.fs.hold('honour', { op: 'unlink', path: place.root });
    // The handler runs while the caller waits: the event loop is blocked.
    const off = onPending(({ type, op }) => {
      if (type === 'start' && op.fn() === 'unlink')
        void interrupt(listPending({ fn: 'rm' }), { reason: 'why' });
    });
    try {
      const error = thrown<TimeoutError>(() =>
        fs.rmSync(place.at('full'), { timeout: 20_000, recursive: true }),
      );
      expect(error).toMatchObject({ name: 'InterruptError', cause: 'why', syscall: 'rm' });
    } finally {
      off();
    }
  });

  it.each([false, true])('a Dir, recursive: %s: goes on after a timeout', async (recursive) => {
    const place = stage.place();
    const dir = fs.opendirSync(place.at('full'), { timeout: 60_000, recursive });
    await place.fs.stop();
    expect(thrown<TimeoutError>(() => dir.readSync({ timeout: 20 }))).toMatchObject({
      name: 'TimeoutError',
      outcome: UNREAD,
      syscall: 'readdir',
    });
    place.fs.cont();
    await until(() => listPending({ under: place.path }).length === 0, 'the kernel has let go');
    const names: string[] = [];
    for (
      let next = dir.readSync({ timeout: 60_000 });
      next !== null;
      next = dir.readSync({ timeout: 60_000 })
    )
      names.push(next.name);
    const all = recursive ? ['a', 'b', 'one', 'three', 'two'] : ['a', 'b', 'one'];
    // Once the kernel has released an abandoned read, the position in the directory has moved.
    expect(names.sort()).toEqual(UNREAD === 'killed' ? all : []);
    dir.closeSync({ timeout: 60_000 });
    expect(() => dir.readSync({ timeout: 60_000 })).toThrow('closed');
  });
});
