// Deadlines with a clock that the test moves: none comes late or early.
import { beforeEach, expect, it, jest } from '@jest/globals';
import type { Call } from '../../lib/call';
import type * as Deadlines from '../../lib/call/deadlines';

let clock = 0;
/** The armed timers: when each fires, and its callback. */
let timers: { at: number; fire: () => void }[] = [];

jest.mock('../../lib/util/clock', () => ({
  ...(jest.requireActual('../../lib/util/clock') as object),
  now: () => clock,
}));
jest.mock('node:timers', () => ({
  ...(jest.requireActual('node:timers') as object),
  setTimeout: (fire: () => void, ms: number) => {
    timers.push({ at: clock + ms, fire });
    return { unref: () => undefined };
  },
}));

// Loaded again with these timers: the set-up of the tests has loaded it before.
jest.resetModules();
const { setDeadline, removeDeadline } = require('../../lib/call/deadlines') as typeof Deadlines;

/** The times at which calls were ended. */
let ended: [name: string, at: number][] = [];

beforeEach(() => {
  clock = 1000;
  timers = [];
  ended = [];
});

/** A call whose driver makes progress at the given times. The last one before the present counts. */
function call(name: string, timeout: number, progress?: number[]): Call<unknown> {
  const idle = (): number => {
    const last = progress?.filter((at) => at <= clock).at(-1);
    return last === undefined ? -1 : clock - last;
  };
  const made = {
    slot: -1,
    timeout,
    hasUsualTimeout: progress !== undefined,
    driver: {
      get idleMs() {
        return idle();
      },
    },
    stop: () => ended.push([name, clock]),
  } as unknown as Call<unknown>;
  setDeadline(made, timeout);
  return made;
}

/** Moves the clock, and fires the timers that are due. */
function moveTo(to: number): void {
  for (;;) {
    timers.sort((a, b) => a.at - b.at);
    const next = timers[0];
    if (next === undefined || next.at > to) break;
    timers.shift();
    clock = next.at;
    next.fire();
  }
  clock = to;
}

it('each deadline comes when it is due; one timer serves all of the same length', () => {
  call('first', 1000);
  moveTo(1400);
  call('second', 1000);
  moveTo(1500);
  removeDeadline(call('over', 1000));
  call('short', 200);
  expect(timers).toHaveLength(2);
  moveTo(5000);
  expect(ended).toEqual([
    ['short', 1700],
    ['first', 2000],
    ['second', 2400],
  ]);
  expect(timers).toEqual([]);
});

it('if the first call of a length ends early, the timer is armed for the next one', () => {
  const first = call('first', 1000);
  moveTo(1600);
  call('second', 1000);
  removeDeadline(first);
  moveTo(5000);
  expect(ended).toEqual([['second', 2600]]);
});

it('a deadline longer than any timer arms it again', () => {
  const long = 3 * 2 ** 31;
  call('long', long);
  moveTo(1000 + long + 5);
  expect(ended).toEqual([['long', 1000 + long]]);
});

it('the usual timeout counts from the last progress', () => {
  call('hangs', 1000, []);
  call('gets on, then hangs', 1000, [1100, 1900, 2500, 3300]);
  call('own timeout', 1500);
  moveTo(10_000);
  expect(ended).toEqual([
    ['hangs', 2000],
    ['own timeout', 2500],
    ['gets on, then hangs', 4300],
  ]);
  expect(timers).toEqual([]);
});
