// The steps of an interrupt. Each is taken only if the one before did not end the call: cancel in the queue, signal, kill of
// the task, abandon.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { configure, interrupt, interruptUnder, listPending, onPending, type PendingEvent } from '../../lib';
import { native } from '../../lib/engine/addon';
import { type FileHandle, open, readFile, stat, unlink, writeFile } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { Fate, sleeping } from '../stall/place';

// Without tasks (the portable backend) these calls are abandoned: test/stall shows that.
const { killable } = native.counts();
it('the Linux backend has tasks', () =>
  expect(killable).toBe(process.platform === 'linux' && process.env.PENDINGOP_BACKEND !== 'posix'));

const GRACE = 2000;

if (killable)
  describeWith('stallfs', 'a call on a file system that stalls', () => {
    let fs: StallFs;
    let handle: FileHandle;
    let descriptors: OpenDescriptors;
    beforeEach(async () => {
      fs = await StallFs.mount();
      await fs.directIo(true);
      writeFileSync(join(fs.backing, 'file'), 'content');
      // The first open on such a file system starts tasks that stay.
      await (await open(join(fs.path, 'file'))).close();
      descriptors = new OpenDescriptors();
      handle = await open(join(fs.path, 'file'), 'r+');
    });
    afterEach(async () => {
      await fs.normal();
      await until(() => listPending().length === 0, 'an empty table');
      await handle.close();
      await descriptors.closed();
      await fs.unmount();
    });

    it('is ended by the signal if that is enough', async () => {
      await fs.hold('honour', { op: 'lookup' });
      const fate = new Fate(stat(join(fs.path, 'a')));
      await fs.waitHeld(1);
      const reports = await interruptUnder(fs.path, { grace: GRACE });
      expect(reports).toMatchObject([{ outcome: 'interrupted' }]);
      expect(fate.error?.outcome).toBe('interrupted');
    });

    it('is killed if the signal is not enough, and the kernel has released it by then', async () => {
      await fs.deaf();
      const calls = [
        new Fate(stat(join(fs.path, 'a'))),
        new Fate(open(join(fs.path, 'b'), 'w')),
        new Fate(readFile(join(fs.path, 'c'))),
        new Fate(handle.read(Buffer.alloc(4), 0, 4, 0)),
        new Fate(handle.stat()),
      ];
      await fs.waitUnread();
      await until(() => sleeping(fs.path).length === calls.length, 'all of them wait');
      const ids = listPending().map((op) => op.threadId);
      for (const id of ids) expect(existsSync(`/proc/${id}`)).toBe(true);
      const reports = await interrupt(listPending(), { grace: GRACE });
      expect(reports.map(({ outcome }) => outcome)).toEqual(calls.map(() => 'killed'));
      for (const id of ids) expect(existsSync(`/proc/${id}`)).toBe(false);
      expect(listPending()).toEqual([]);
      for (const { error } of calls)
        expect(error).toMatchObject({ code: 'EINTR', outcome: 'killed', bytesDone: 0 });
      // A call that may have created something, and one that changes nothing.
      expect(calls.map(({ error }) => error?.mayHaveTakenEffect)).toEqual([false, true, false, false, false]);
      await fs.normal();
      // The handle still works.
      expect((await handle.read(Buffer.alloc(7), 0, 7, 0)).buffer.toString()).toBe('content');
    });

    it('is abandoned if nothing ends it, and released later', async () => {
      const events: PendingEvent[] = [];
      const stop = onPending((event) => events.push(event));
      await fs.hold('ignore', { op: 'lookup' });
      const fate = new Fate(stat(join(fs.path, 'a')));
      await fs.waitHeld(1);
      const reports = await interruptUnder(fs.path, { grace: 60 });
      expect(reports).toMatchObject([{ outcome: 'abandoned' }]);
      expect(fate.error?.outcome).toBe('abandoned');
      expect(listPending()).toMatchObject([{ state: 'abandoned' }]);
      await fs.normal();
      await fs.release();
      await until(() => events.some(({ type }) => type === 'release'), 'it is released');
      stop();
      expect(events.map(({ type }) => type)).toEqual(['start', 'interrupt', 'abandon', 'end', 'release']);
    });

    it('that waits behind another one is killed with it', async () => {
      await fs.deaf();
      const same = [1, 2, 3].map(() => new Fate(stat(join(fs.path, 'same'))));
      const gone = new Fate(unlink(join(fs.path, 'file')));
      const beside = new Fate(stat(join(fs.path, 'beside')));
      const reads = [1, 2].map(() => new Fate(handle.read(Buffer.alloc(2))));
      const all = [...same, gone, beside, ...reads];
      await fs.waitUnread();
      await until(() => sleeping(fs.path).length === all.length, 'all of them wait');
      const reports = await interruptUnder(fs.path, { grace: GRACE });
      expect(reports.map(({ outcome }) => outcome)).toEqual(all.map(() => 'killed'));
      for (const fate of all) expect(fate.over).toBe(true);
    });

    it('by its timeout, too', async () => {
      configure({ grace: GRACE });
      await fs.deaf();
      // Long enough for the call to reach the kernel first.
      const fate = await new Fate(writeFile(join(fs.path, 'a'), 'x', { timeout: 500 })).settled;
      configure({ grace: 100 });
      expect(fate.error).toMatchObject({
        name: 'TimeoutError',
        code: 'ETIMEDOUT',
        outcome: 'killed',
        mayHaveTakenEffect: true,
      });
    });

    it('is abandoned if workers are threads', async () => {
      configure({ killable: 'never' });
      try {
        await fs.deaf();
        const fate = new Fate(stat(join(fs.path, 'a')));
        await fs.waitUnread();
        await until(() => listPending({ state: 'running' }).length === 1, 'it runs');
        expect(await interruptUnder(fs.path, { grace: 60 })).toMatchObject([{ outcome: 'abandoned' }]);
        expect(fate.error?.outcome).toBe('abandoned');
      } finally {
        configure({ killable: 'auto' });
      }
    });
  });
