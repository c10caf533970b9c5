import { existsSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { configure, listPending, type TimeoutError } from '../../lib';
import * as fs from '../../lib/fs';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import type { StallOp } from '../fixtures/stallfs';
import { mounted, type Place, UNREAD } from '../stall/place';
import { thrown } from '../table/tools';

/* Synchronous calls on a file system that does not answer: what the kernel does not give up is abandoned. */

// Long enough for the daemon to read the request: what it has not read is killed.
const limit = { timeout: 500 };

const calls: [string, StallOp, (place: Place) => unknown][] = [
  ['openSync', 'open', (place) => fs.openSync(place.at('file'), 'r', undefined, limit)],
  ['statSync', 'getattr', (place) => fs.statSync(place.at('file'), limit)],
  ['readFileSync', 'read', (place) => fs.readFileSync(place.at('file'), limit)],
  ['unlinkSync', 'unlink', (place) => fs.unlinkSync(place.at('file'), limit)],
  ['opendirSync', 'opendir', (place) => fs.opendirSync(place.at('full'), limit)],
  ['rmSync', 'unlink', (place) => fs.rmSync(place.at('full'), { ...limit, recursive: true })],
  [
    'cpSync',
    'opendir',
    (place) => fs.cpSync(place.at('full'), place.at('new'), { ...limit, recursive: true }),
  ],
  ['readdirSync', 'opendir', (place) => fs.readdirSync(place.at('full'), { ...limit, recursive: true })],
];

describeWith('stallfs', 'a synchronous call', () => {
  const stage = mounted();

  it.each(calls)('%s, stuck in %s: abandoned, and cleaned up', async (name, op, act) => {
    const place = stage.place();
    await place.fs.hold('ignore', { op, path: place.root });
    const error = thrown<TimeoutError>(() => act(place));
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT', outcome: 'abandoned' });
    expect(error.op.fn()).toBe(name.slice(0, -'Sync'.length));
    expect(error.message).toContain('after 500 ms');
    expect(listPending({ under: place.path }).every((each) => each.state === 'abandoned')).toBe(true);
    await place.fs.normal();
    await place.fs.release();
    await until(() => listPending({ under: place.path }).length === 0, 'the kernel has let go');
    // A late descriptor is closed: the daemon counts those it has, when the test is over.
    if (name === 'unlinkSync') expect(existsSync(place.behind('file'))).toBe(false);
  });

  it.each(calls)('%s, stuck in %s: interrupted where the daemon listens', async (_, op, act) => {
    const place = stage.place();
    await place.fs.hold('honour', { op, path: place.root });
    // A daemon that is slow to answer is not to be taken for one that does not.
    configure({ grace: 60_000 });
    try {
      expect(thrown<TimeoutError>(() => act(place))).toMatchObject({
        code: 'ETIMEDOUT',
        outcome: 'interrupted',
      });
    } finally {
      configure({ grace: 100 });
    }
    await place.fs.normal();
  });

  it.each(calls)(
    '%s, on a daemon that is stopped: its worker is killed where it can be',
    async (_, __, act) => {
      const place = stage.place();
      await place.fs.stop();
      expect(thrown<TimeoutError>(() => act(place))).toMatchObject({ name: 'TimeoutError', outcome: UNREAD });
      place.fs.cont();
    },
  );

  it.each([false, true])('a Dir, recursive: %s: goes on after a timeout', async (recursive) => {
    const place = stage.place();
    const dir = fs.opendirSync(place.at('full'), { timeout: 60_000, recursive });
    await place.fs.stop();
    expect(thrown<TimeoutError>(() => dir.readSync({ timeout: 20 }))).toMatchObject({
      name: 'TimeoutError',
      outcome: UNREAD,
      syscall: 'scandir',
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
    // An abandoned read has moved on in the directory when the kernel lets go of it.
    expect(names.sort()).toEqual(UNREAD === 'killed' ? all : []);
    dir.closeSync({ timeout: 60_000 });
    expect(() => dir.readSync({ timeout: 60_000 })).toThrow('closed');
  });
});
