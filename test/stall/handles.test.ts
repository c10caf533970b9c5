// Closing files of a stalled mount, and opens whose descriptor comes late.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { interrupt, listPending } from '../../lib';
import { type FileHandle, open, opendir, stat, truncate } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { allReleased, Fate, mounted, type Place, UNREAD } from './place';

beforeAll(() => stat('/'));

describeWith('stallfs', 'close', () => {
  const stage = mounted();

  const closers = {
    'a FileHandle': async (place: Place) => {
      const handle = await open(place.at('file'), 'r');
      return () => handle.close();
    },
    'by asyncDispose': async (place: Place) => {
      const handle = await open(place.at('file'), 'r');
      return () => handle[Symbol.asyncDispose]();
    },
    'a Dir': async (place: Place) => {
      const dir = await opendir(place.at('full'));
      return () => dir.close();
    },
  };

  describe.each(Object.entries(closers))('%s', (_, prepare) => {
    // The close of a directory makes no FLUSH, so it does not wait for the daemon.
    const path = prepare === closers['a Dir'] ? 'full' : 'file';

    it('waits for a late answer', async () => {
      const place = stage.place();
      const close = await prepare(place);
      await place.fs.late({ op: 'flush', path: place.root });
      const fate = new Fate(close());
      if (path === 'file') await place.fs.waitHeld(1);
      else await fate.settled;
      expect(fate.over).toBe(path === 'full');
      await place.fs.normal();
      await place.fs.release();
      expect((await fate.settled).error).toBe(undefined);
    });

    it.each(['honour', 'ignore'] as const)(
      'frees its caller, and the file is closed all the same: %s',
      async (how) => {
        const place = stage.place();
        const before = new OpenDescriptors();
        const close = await prepare(place);
        await place.fs.hold(how, { op: 'flush', path: place.root });
        const fate = new Fate(close());
        if (path === 'file') {
          await place.fs.waitHeld(1);
          const [op, ...others] = listPending({ fn: 'close', under: place.path });
          expect(others).toEqual([]);
          expect(op).toMatchObject({ call: 'close', state: 'running' });
          const [report] = await interrupt(op === undefined ? [] : [op], { grace: 20 });
          // `completed`: a signal reached the close, and the daemon answered. The descriptor is closed either way.
          if (how === 'honour') expect(['abandoned', 'completed']).toContain(report?.outcome);
          else expect(report?.outcome).toBe('abandoned');
          await fate.settled;
          expect(fate.error?.outcome).toBe(report?.outcome === 'completed' ? undefined : 'abandoned');
        }
        await place.fs.normal();
        await place.fs.release();
        await allReleased(place);
        await fate.settled;
        expect(before.more()).toEqual([]);
      },
    );

    it('closes although the daemon fails the FLUSH', async () => {
      const place = stage.place();
      const before = new OpenDescriptors();
      const close = await prepare(place);
      await place.fs.error('EIO', { op: 'flush', path: place.root });
      const { error } = await new Fate(close()).settled;
      if (path === 'file') expect(error).toMatchObject({ code: 'EIO', syscall: 'close' });
      else expect(error).toBe(undefined);
      await place.fs.normal();
      expect(before.more()).toEqual([]);
    });
  });

  it('completes while an abandoned read is still in the kernel', async () => {
    const place = stage.place();
    const handle = await open(place.at('file'), 'r');
    await place.fs.hold('ignore', { op: 'read', path: place.root });
    const fate = new Fate(handle.read(Buffer.alloc(7), 0, 7, 0));
    await place.fs.waitHeld(1);
    await interrupt(handle.listPending(), { grace: 10 });
    expect(fate.error?.outcome).toBe('abandoned');
    await handle.close();
    expect(handle.fd).toBe(-1);
    expect(listPending({ under: place.path }).map((op) => [op.fn(), op.state])).toEqual([
      ['read', 'abandoned'],
    ]);
    // The kernel keeps the open file for the read that it still has.
    expect(await place.fs.openHandles()).toBe(1);
    await place.fs.normal();
    await place.fs.release();
  });

  it('waits for calls in flight, and is stuck if the daemon answers nothing', async () => {
    const place = stage.place();
    const handle = await open(place.at('file'), 'r');
    await place.fs.deaf();
    const read = new Fate(handle.read(Buffer.alloc(7), 0, 7, 0));
    const closed = new Fate(handle.close());
    await place.fs.waitUnread();
    // As in Node, the close begins once the calls in flight are over.
    expect(listPending({ under: place.path }).map((op) => op.fn())).toEqual(['read']);
    await interrupt(handle.listPending(), { grace: 1000 });
    expect(read.error?.outcome).toBe(UNREAD);
    const waits = UNREAD === 'killed' ? 1 : 2;
    await until(
      () => listPending({ under: place.path, fn: 'close', state: 'running' }).length === 1,
      'the close runs',
    );
    await until(() => place.fs.waiting() >= waits, 'what waits for the daemon');
    const [report] = await interrupt(listPending({ fn: 'close' }), { grace: 10 });
    expect(report?.outcome).toBe('abandoned');
    expect(closed.error).toMatchObject({ outcome: 'abandoned', syscall: 'close', path: place.at('file') });
    expect(listPending({ under: place.path }).map((op) => [op.fn(), op.state])).toEqual([
      ...(UNREAD === 'killed' ? [] : [['read', 'abandoned']]),
      ['close', 'abandoned'],
    ]);
    await place.fs.normal();
  });

  it.each(['honour', 'ignore'] as const)(
    'of an op that was interrupted does not hold its caller: %s',
    async (how) => {
      const place = stage.place();
      // The step before the close is interrupted. The close hangs, but the caller is free.
      await place.fs.hold('honour', { op: 'setattr', path: place.root });
      await place.fs.hold(how, { op: 'flush', path: place.root });
      const fate = new Fate(truncate(place.at('file'), 3));
      await place.fs.waitHeld(1, { op: 'setattr' });
      const [report] = await interrupt([place.top()], { grace: 60_000 });
      expect(report?.outcome).toBe('interrupted');
      expect(fate.error).toMatchObject({ outcome: 'interrupted', syscall: 'ftruncate' });
      // A signal for the step before may reach the close. A daemon that honours INTERRUPT then answers it.
      if (how === 'ignore') {
        // Not the first FLUSH that the daemon holds: that may be of the opener, which closes its own descriptor.
        const left = () => listPending({ under: place.path }).map((op) => [op.state, op.call].join(' '));
        await until(() => left().join() === 'abandoned close', 'the close is all that is left');
        await place.fs.waitHeld(1, { op: 'flush' });
      }
      await place.fs.normal();
      await place.fs.release();
    },
  );
});

describeWith('stallfs', 'an open that was abandoned', () => {
  const stage = mounted();

  const opens: Record<string, (place: Place) => Promise<unknown>> = {
    open: (place) => open(place.at('file'), 'r'),
    'open, creating': (place) => open(place.at('made'), 'w'),
    opendir: (place) => opendir(place.at('full')),
  };
  const request = { open: 'open', 'open, creating': 'create', opendir: 'opendir' } as const;

  describe.each(Object.keys(request) as (keyof typeof request)[])('%s', (name) => {
    it('closes its descriptor when it comes late', async () => {
      const place = stage.place();
      const before = new OpenDescriptors();
      await place.fs.hold('ignore', { op: request[name], path: place.root });
      const fate = new Fate(opens[name]?.(place) ?? Promise.reject());
      await place.fs.waitHeld(1);
      await interrupt([place.top()], { grace: 10 });
      expect(fate.error).toMatchObject({ outcome: 'abandoned' });
      expect(await place.fs.openHandles()).toBe(0);
      await place.fs.normal();
      await place.fs.release();
      await allReleased(place);
      await until(async () => (await place.fs.openHandles()) === 0, 'the late descriptor is closed');
      expect(before.more()).toEqual([]);
    });

    it('is reported as an effect if the daemon has carried it out already', async () => {
      const place = stage.place();
      const before = new OpenDescriptors();
      await place.fs.effect({ op: request[name], path: place.root });
      const fate = new Fate(opens[name]?.(place) ?? Promise.reject());
      await place.fs.waitHeld(1);
      expect(await place.fs.openHandles()).toBe(1);
      await interrupt([place.top()], { grace: 10 });
      expect(fate.error?.mayHaveTakenEffect).toBe(name === 'open, creating');
      await place.fs.normal();
      await place.fs.release();
      await allReleased(place);
      await until(async () => (await place.fs.openHandles()) === 0, 'the late descriptor is closed');
      expect(before.more()).toEqual([]);
    });
  });

  it('many abandoned opens leave no descriptor', async () => {
    const place = stage.place();
    const before = new OpenDescriptors();
    await place.fs.hold('ignore', { op: 'open', path: place.root });
    const fates = Array.from({ length: 30 }, () => new Fate(open(place.at('file'), 'r')));
    await place.fs.waitHeld(30);
    const reports = await interrupt(listPending({ under: place.path }), { grace: 10 });
    expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(['abandoned']));
    expect(fates.every((fate) => fate.error?.outcome === 'abandoned')).toBe(true);
    await place.fs.normal();
    expect(await place.fs.release()).toBe(30);
    await allReleased(place);
    await until(async () => (await place.fs.openHandles()) === 0, 'the late descriptors are closed');
    expect(before.more()).toEqual([]);
  });
});

describeWith('stallfs', 'a handle', () => {
  const stage = mounted();

  it('reads on at its position after an interrupted read', async () => {
    const place = stage.place();
    const handle: FileHandle = await open(place.at('file'), 'r');
    const next = async (): Promise<string> => (await handle.read(Buffer.alloc(3))).buffer.toString();
    expect(await next()).toBe('con');
    await place.fs.hold('honour', { op: 'read', path: place.root });
    const fate = new Fate(next());
    await place.fs.waitHeld(1);
    await interrupt(handle.listPending(), { grace: 60_000 });
    expect(fate.error?.outcome).toBe('interrupted');
    await place.fs.normal();
    expect(await next()).toBe('ten');
    await handle.close();
  });

  it('lists its own calls, and ends them without those of another handle on the same file', async () => {
    const place = stage.place();
    const [one, other] = [await open(place.at('file'), 'r'), await open(place.at('file'), 'r')];
    await place.fs.hold('honour', { op: 'read', path: place.root });
    const read = (handle: FileHandle): Fate => new Fate(handle.read(Buffer.alloc(7), 0, 7, 0));
    const [first, second, third] = [read(one), read(one), read(other)];
    await place.fs.waitHeld(3);
    expect(one.listPending()).toHaveLength(2);
    expect(other.listPending()).toHaveLength(1);
    await interrupt(one.listPending(), { grace: 60_000 });
    expect([first.over, second.over, third.over]).toEqual([true, true, false]);
    await place.fs.normal();
    await place.fs.release();
    expect((await third.settled).value).toMatchObject({ bytesRead: 7 });
    await one.close();
    await other.close();
  });
});
