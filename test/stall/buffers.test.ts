// After a promise has settled, no byte of the caller's buffer changes.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { configure, interrupt, listPending, type Outcome } from '../../lib';
import { open, stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { allReleased, Fate, mounted, type Place, UNREAD } from './place';

const MARK = 0x6d;

beforeAll(() => stat('/'));

const marked = (size: number): Buffer => Buffer.alloc(size, MARK);
const isMarked = (buffer: Buffer): boolean => buffer.every((byte) => byte === MARK);

/** Interrupts what runs in the place. The kernel does not return, so it is abandoned. */
async function abandonAll(place: Place, fates: Fate[], outcome: Outcome = 'abandoned'): Promise<void> {
  const reports = await interrupt(listPending({ under: place.path }), {
    grace: outcome === 'killed' ? 1000 : 10,
  });
  expect(reports.map((report) => report.outcome)).toEqual(fates.map(() => outcome));
  expect(fates.every((fate) => fate.over)).toBe(true);
}

// A read of up to 64 KiB goes through the package's own memory. Of a larger one, what is in the page cache goes straight to
// the caller's buffer. The kernel asks a daemon for at most 128 KiB at a time: the largest read hangs on the first request.
const sizes = [7, 64 * 1024, 64 * 1024 + 1, 128 * 1024, 1024 * 1024];

describeWith('stallfs', 'a read that was abandoned', () => {
  const stage = mounted();

  it.each(sizes)('of %i bytes leaves the buffer alone', async (size) => {
    const place = stage.place();
    writeFileSync(place.behind('file'), Buffer.alloc(size, 'data'));
    const handle = await open(place.at('file'), 'r');
    const buffer = marked(size);
    await place.fs.hold('ignore', { op: 'read', path: place.root });
    const fate = new Fate(handle.read(buffer, 0, size, 0));
    await place.fs.waitHeld(1);
    await abandonAll(place, [fate]);
    expect(isMarked(buffer)).toBe(true);
    await place.fs.normal();
    await place.fs.release();
    await allReleased(place);
    expect(isMarked(buffer)).toBe(true);
    // The same buffer serves a later read.
    const again = await handle.read(buffer, 0, 4, 0);
    expect(again.buffer.toString('latin1', 0, 4)).toBe('data');
    await handle.close();
  });

  it.each(sizes)('of %i bytes at the current position leaves the buffer alone', async (size) => {
    const place = stage.place();
    writeFileSync(place.behind('file'), Buffer.alloc(size, 'data'));
    const handle = await open(place.at('file'), 'r');
    const buffer = marked(size);
    await place.fs.hold('ignore', { op: 'read', path: place.root });
    const fate = new Fate(handle.read(buffer));
    await place.fs.waitHeld(1);
    // The second read waits for the file position, which the first one holds. No signal ends that wait.
    const next = new Fate(handle.read(marked(size)));
    await until(() => listPending({ under: place.path, state: 'running' }).length === 2, 'both run');
    await abandonAll(place, [fate, next]);
    expect(isMarked(buffer)).toBe(true);
    await place.fs.normal();
    await place.fs.release();
    await allReleased(place);
    expect(isMarked(buffer)).toBe(true);
    await handle.close();
  });

  it.each(sizes)('of %i bytes leaves the buffer alone while the daemon reads no requests', async (size) => {
    const place = stage.place();
    writeFileSync(place.behind('file'), Buffer.alloc(size, 'data'));
    const handle = await open(place.at('file'), 'r');
    const buffer = marked(size);
    await place.fs.deaf();
    const fate = new Fate(handle.read(buffer, 0, size, 0));
    await place.fs.waitUnread();
    await abandonAll(place, [fate], UNREAD);
    await place.fs.normal();
    await allReleased(place);
    expect(isMarked(buffer)).toBe(true);
    await handle.close();
  });

  it('into several buffers leaves them alone', async () => {
    const place = stage.place();
    const handle = await open(place.at('file'), 'r');
    const buffers = [marked(3), marked(100_000)];
    await place.fs.hold('ignore', { op: 'read', path: place.root });
    const fate = new Fate(handle.readv(buffers, 0));
    await place.fs.waitHeld(1);
    await abandonAll(place, [fate]);
    await place.fs.normal();
    await place.fs.release();
    await allReleased(place);
    expect(buffers.every(isMarked)).toBe(true);
    await handle.close();
  });

  it('by an aborted signal leaves the buffer alone', async () => {
    const place = stage.place();
    const handle = await open(place.at('file'), 'r');
    const buffer = marked(7);
    const controller = new AbortController();
    await place.fs.hold('ignore', { op: 'read', path: place.root });
    const fate = new Fate(handle.read(buffer, 0, 7, 0, { signal: controller.signal }));
    await place.fs.waitHeld(1);
    controller.abort();
    expect((await fate.settled).error).toMatchObject({ name: 'AbortError', outcome: 'abandoned' });
    await place.fs.normal();
    await place.fs.release();
    await allReleased(place);
    expect(isMarked(buffer)).toBe(true);
    await handle.close();
  });
});

// With threads, since a killed task carries nothing out.
describeWith('stallfs', 'a write that was abandoned', () => {
  beforeAll(() => configure({ killable: 'never' }));
  afterAll(() => configure({ killable: 'auto' }));
  const stage = mounted();

  it.each([4, 8 * 1024, 8 * 1024 + 1, 100 * 1024])(
    'of %i bytes writes what the buffer held',
    async (size) => {
      const place = stage.place();
      const handle = await open(place.at('file'), 'r+');
      const buffer = Buffer.alloc(size, 'data');
      await place.fs.deaf();
      const fate = new Fate(handle.write(buffer, 0, size, 0));
      await place.fs.waitUnread();
      await abandonAll(place, [fate]);
      expect(fate.error?.mayHaveTakenEffect).toBe(true);
      buffer.fill('other');
      await place.fs.normal();
      await allReleased(place);
      // The kernel has the data of the whole call, so it is carried out, late.
      expect(readFileSync(place.behind('file')).subarray(0, size).equals(Buffer.alloc(size, 'data'))).toBe(
        true,
      );
      await handle.close();
    },
  );

  it('of several buffers writes what they held', async () => {
    const place = stage.place();
    const handle = await open(place.at('file'), 'r+');
    const buffers = [Buffer.alloc(10, 'data'), Buffer.alloc(20_000, 'more')];
    const expected = Buffer.concat(buffers);
    await place.fs.deaf();
    const fate = new Fate(handle.writev(buffers, 0));
    await place.fs.waitUnread();
    await abandonAll(place, [fate]);
    for (const buffer of buffers) buffer.fill('other');
    await place.fs.normal();
    await allReleased(place);
    expect(readFileSync(place.behind('file')).equals(expected)).toBe(true);
    await handle.close();
  });
});
