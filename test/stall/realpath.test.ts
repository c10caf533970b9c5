// Functions that make two calls in a row, which are one op to the caller: realpath() with a callback, if the path does not
// resolve; readdir() with types, if the file system does not tell them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { interrupt, interruptUnder, listPending, onPending, type PendingOp, trackPending } from '../../lib';
import * as fs from '../../lib/fs';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';

describeWith('stallfs', 'two calls that are one to their caller', () => {
  let mount: StallFs;
  beforeAll(async () => {
    mount = await StallFs.mount();
    trackPending(true);
  });
  afterAll(async () => {
    trackPending(false);
    await mount.unmount();
  });

  it('have one timeout', async () => {
    const ended: string[] = [];
    const ends = (name: string) => (error: NodeJS.ErrnoException | null) => {
      ended.push(`${name} ${error?.code}`);
    };
    await mount.hold('honour', { op: 'lookup' });
    fs.realpath(`${mount.path}/missing`, { timeout: 3000 } as object, ends('realpath'));
    await mount.waitHeld(1, { path: '/missing' });
    await until(() => (listPending()[0]?.runningMs ?? 0) > 1000, 'a call of a second');
    // The first call has failed. The second one waits for what is left of the timeout.
    await mount.failHeld('ENOENT');
    fs.stat(`${mount.path}/other`, { timeout: 2500 } as object, ends('stat'));
    await mount.waitHeld(2);
    await until(() => ended.length === 2, 'both of them');
    expect(ended).toEqual(['realpath ETIMEDOUT', 'stat ETIMEDOUT']);
    await interruptUnder(mount.path);
    await mount.release();
    await mount.normal();
  });

  type Ended = (error: NodeJS.ErrnoException | null) => void;

  async function readdirOf(start: (path: string, options: { withFileTypes: true }) => void): Promise<void> {
    mkdirSync(join(mount.backing, 'folder'), { recursive: true });
    writeFileSync(join(mount.backing, 'folder/file'), '');
    await mount.lie('type', 1);
    await mount.hold('honour', { op: 'opendir' });
    await mount.hold('honour', { op: 'lookup', path: '/folder/file' });
    start(`${mount.path}/folder`, { withFileTypes: true });
    await mount.waitHeld(1, { op: 'opendir' });
  }

  /** The first call waits for a held request, and the second call for another one. */
  const functions: Record<string, (ended: Ended) => Promise<void>> = {
    async realpath(ended) {
      await mount.hold('honour', { op: 'lookup' });
      fs.realpath(`${mount.path}/missing`, ended);
      await mount.waitHeld(1, { path: '/missing' });
    },
    readdir: (ended) => readdirOf((path, options) => fs.readdir(path, options, ended)),
    'readdir with a promise': (ended) =>
      readdirOf((path, options) => void fs.promises.readdir(path, options).then(() => ended(null), ended)),
  };
  const fnOf = (name: string): string => name.split(' ')[0] as string;
  const firstAnswers = (name: string): Promise<number> =>
    name === 'realpath' ? mount.failHeld('ENOENT') : mount.release({ op: 'opendir' });

  afterEach(async () => {
    await mount.normal();
    await mount.release();
    await mount.lie('type', 0);
    await until(() => listPending().length === 0, 'nothing is left');
  });

  it.each(Object.keys(functions))('are one op: %s', async (name) => {
    const ended: (string | null)[] = [];
    const events: string[] = [];
    const stop = onPending(({ type, op }) => {
      if (op.fn() !== fnOf(name) || op.parent !== 0) return;
      events.push(type);
      // The report of an op that is over says how it ended.
      if (type === 'end') void interrupt([op]).then(([report]) => events.push(`${report?.outcome}`));
    });
    await functions[name]?.((error) => ended.push(error?.code ?? null));
    const [first] = listPending({ fn: fnOf(name) });
    await firstAnswers(name);
    await mount.waitHeld(1, { op: 'lookup' });
    expect(ended).toEqual([]);
    expect(events).toEqual(['start']);
    const [second] = listPending({ fn: fnOf(name) });
    expect(second?.id).toBe(first?.id);
    const [report] = await interrupt([second as PendingOp], { grace: 20_000 });
    expect(report?.outcome).toBe('interrupted');
    expect(ended).toEqual(['EINTR']);
    await until(() => events.length > 3, 'the end is over');
    expect(events).toEqual(['start', 'interrupt', 'end', 'interrupted']);
    stop();
  });

  it.each(Object.keys(functions))(
    'are interrupted when the first one is over and its caller does not know: %s',
    async (name) => {
      const ended: (string | null)[] = [];
      await functions[name]?.((error) => ended.push(error?.code ?? null));
      const [op] = listPending({ fn: fnOf(name) });
      const answered = firstAnswers(name);
      // The worker has finished the call, and the event loop has not turned yet.
      while (listPending({ fn: fnOf(name) }).length > 0);
      const reports = await interrupt([op as PendingOp]);
      await answered;
      expect(reports[0]?.outcome).toBe('interrupted');
      expect(ended).toEqual(['EINTR']);
      expect(listPending()).toEqual([]);
    },
  );
});
