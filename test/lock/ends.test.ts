// What becomes of a lock when its process or thread ends, and of a lock that arrives after its request was abandoned.
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { interrupt, listPending } from '../../lib';
import { type FileHandle, open, stat } from '../../lib/fs/promises';
import { lock, tryLock } from '../../lib/lock';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Child, run } from '../fixtures/processes';
import { Fate, mounted, type Place } from '../stall/place';
import { dist } from '../table/tools';
import { isFree, KINDS, locksOn, waiters, withFile } from './tools';

const program = join(__dirname, 'programs/holder.cjs');
const start = (path: string, kind: string, how: string): Child =>
  Child.start(process.execPath, [program, dist, path, kind, how]);

describe.each(KINDS)('%s', (kind) => {
  const file = withFile();
  afterEach(() => Child.killAll());

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'a holder is ended by %s: the next one gets the lock',
    async (signal) => {
      const child = start(file(), kind, 'hold');
      await child.says('held');
      const next = lock(file(), { kind });
      await waiters();
      child.kill(signal);
      const held = await next;
      await child.wait();
      await held.release();
    },
  );

  it('a program that waits is ended: it is not in the way', async () => {
    const held = await lock(file(), { kind });
    const child = start(file(), kind, 'hold');
    await until(() => locksOn(file()).length === 2, 'the other process waits');
    child.kill();
    await child.wait();
    expect(locksOn(file())).toHaveLength(1);
    await held.release();
    const next = await tryLock(file(), { kind });
    expect(next?.held).toBe(true);
    await next?.release();
  });

  it('a lock that the program forgets is still held', async () => {
    const forgotten = join(__dirname, 'programs/forgotten.cjs');
    const flags = ['--expose-gc', '--no-deprecation'];
    expect(await run(process.execPath, [...flags, forgotten, dist, file(), kind])).toBe('held\n');
  });

  it('a thread that holds one lock and waits for another is terminated: neither is left', async () => {
    const child = start(file(), kind, 'thread');
    await child.says('held');
    await until(() => locksOn(file()).length === 2, 'it waits for the second');
    child.write('\n');
    await child.says('terminated');
    const held = await lock(file(), { kind });
    await held.release();
    child.kill();
    await child.wait();
  });
});

describe('a program that is run while a lock is held', () => {
  const file = withFile();
  afterEach(() => Child.killAll());

  it('does not inherit the lock', async () => {
    const held = await lock(file());
    const child = Child.start('sh', ['-c', 'echo started; read line']);
    await child.says('started');
    await held.release();
    expect(isFree(file())).toBe(true);
    child.endInput();
    await child.wait();
  });
});

describeWith('stallfs', 'a lock that comes late', () => {
  const stage = mounted();

  /** Abandons a request for a lock of a handle. Returns its error. The daemon grants the lock at its next release(). */
  async function abandonedOn(handle: FileHandle, place: Place): Promise<unknown> {
    await place.fs.late({ op: 'setlkw', path: place.root });
    const fate = new Fate(lock(handle));
    await place.fs.waitHeld(1);
    await interrupt(listPending({ fn: 'lock' }), { grace: 20 });
    return (await fate.settled).error;
  }

  it('on a path: goes with its descriptor', async () => {
    const place = stage.place();
    await place.fs.late({ op: 'setlkw', path: place.root });
    const fate = new Fate(lock(place.at('file')));
    await place.fs.waitHeld(1);
    const reports = await interrupt(listPending({ fn: 'lock' }), { grace: 20 });
    expect(reports).toMatchObject([{ outcome: 'abandoned' }]);
    expect((await fate.settled).error).toMatchObject({
      outcome: 'abandoned',
      syscall: 'flock',
      path: place.at('file'),
      mayHaveTakenEffect: true,
    });
    await place.fs.normal();
    // The daemon grants the lock, although nobody waits for it.
    await place.fs.release();
    await until(() => listPending().length === 0, 'the kernel has let go');
    await until(() => isFree(place.behind('file')), 'nobody holds it');
  });

  it('on a handle that is still open: is released', async () => {
    const place = stage.place();
    const handle = await open(place.at('file'), 'r+');
    const error = await abandonedOn(handle, place);
    expect(error).toMatchObject({ outcome: 'abandoned', mayHaveTakenEffect: true });
    await place.fs.normal();
    await place.fs.release();
    await until(() => listPending().length === 0, 'the kernel has let go');
    await until(() => isFree(place.behind('file')), 'nobody holds it');
    await handle.close();
  });

  it('on a handle that has got another lock meanwhile: that one stays', async () => {
    const place = stage.place();
    const handle = await open(place.at('file'), 'r+');
    expect(await abandonedOn(handle, place)).toMatchObject({ outcome: 'abandoned' });
    // The locks of one open file do not exclude each other.
    const held = await tryLock(handle);
    await place.fs.normal();
    await place.fs.release();
    await until(() => listPending().length === 0, 'the kernel has let go');
    await stat(place.at('file'));
    expect(held?.held).toBe(true);
    expect(isFree(place.behind('file'))).toBe(false);
    await held?.release();
    expect(isFree(place.behind('file'))).toBe(true);
    await handle.close();
  });

  it('with a daemon that honours INTERRUPT, is never granted', async () => {
    const place = stage.place();
    await place.fs.hold('honour', { op: 'setlkw', path: place.root });
    const fate = new Fate(lock(place.at('file')));
    await place.fs.waitHeld(1);
    const reports = await interrupt(listPending({ fn: 'lock' }), { grace: 60_000 });
    expect(reports).toMatchObject([{ outcome: 'interrupted' }]);
    expect((await fate.settled).error).toMatchObject({ outcome: 'interrupted', mayHaveTakenEffect: false });
    expect(isFree(place.behind('file'))).toBe(true);
  });
});
