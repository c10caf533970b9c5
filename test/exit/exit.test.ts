// Stuck calls do not delay the end of a process, however it ends.
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { native } from '../../lib/engine/addon';
import { describeWith } from '../fixtures/available';
import { Fifo } from '../fixtures/fifo';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child, processState } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { BOUND, ending, exits, gone, type How, LONG, pinned, printTimes, SHORT, stuck, ways } from './tools';

afterEach(() => Child.killAll());
afterAll(printTimes);

const outcomesOf = (child: Child): string | undefined => /outcomes=(\S*)/.exec(child.stdout)?.[1];

describe('100 calls stuck on a FIFO', () => {
  let fifo: Fifo;
  beforeEach(async () => {
    fifo = await Fifo.make();
  });
  afterEach(() => fifo.remove());

  for (const way of ['open', 'read']) {
    it.each(ways)(`${way}: %s`, async (how) => {
      const { child, since } = await ending(way, how, fifo.path, LONG);
      await gone(child, since, way, how);
      if (how === 'natural') expect(outcomesOf(child)).toBe('interrupted');
      if (how === 'terminate') expect(child.stdout).toContain('terminated');
    });
  }
});

describe('100 reads stuck on a pipe', () => {
  const folder = withFolder('pipe');

  const inPipe: How[] = ways.filter((how) => !how.startsWith('SIG'));
  it.each(inPipe)('%s', async (how) => {
    // cat keeps the other end open until its own input ends.
    const shell = `cat | { "$0" "$@"; echo "ended $?"; }`;
    const child = Child.start('sh', [
      '-c',
      shell,
      process.execPath,
      stuck,
      'pipe',
      how,
      folder(),
      String(LONG),
    ]);
    await child.says('ended ', BOUND);
    const since = Number(/stuck (\d+)/.exec(child.stdout)?.[1]);
    expect(Date.now() - since).toBeLessThan(BOUND);
    expect(/ended (\d+)/.exec(child.stdout)?.[1]).toBe(exits[how]);
    if (how === 'natural') expect(outcomesOf(child)).toBe('interrupted');
    child.endInput();
    await child.wait();
  });
});

describeWith('stallfs', '100 calls stuck on a file system that stalls', () => {
  let fs: StallFs;
  beforeEach(async () => {
    fs = await StallFs.mount();
  });
  afterEach(() => fs.unmount());

  it.each(ways)('its daemon honours INTERRUPT: %s', async (how) => {
    await fs.hold('honour', { op: 'lookup' });
    const { child, since } = await ending('stat', how, fs.path, LONG, () => fs.waitHeld());
    await gone(child, since, 'honour', how);
    if (how === 'natural') expect(outcomesOf(child)).toBe('interrupted');
    await until(async () => (await fs.held()).length === 0, 'nothing held');
  });

  // The kernel takes a request that was not read back on a fatal signal. The end of a process sends one to its threads.
  it.each(ways)('its daemon reads no requests: %s', async (how) => {
    await fs.deaf();
    const { child, since } = await ending('stat', how, fs.path, SHORT);
    await gone(child, since, 'deaf', how);
    if (how === 'natural') expect(outcomesOf(child)).toBe(native.counts().killable ? 'killed' : 'abandoned');
  });

  // The kernel waits for the answer to a request that was read, even after a fatal signal. A thread in such a call keeps the
  // process as a zombie until the connection is aborted. A task that is in it remains alone.
  it.each(ways)('its daemon has read them and never answers: %s', async (how) => {
    await fs.hold('ignore', { op: 'lookup' });
    const begun = await ending('stat', how, fs.path, SHORT, () => fs.waitHeld());
    const { child } = begun;
    if (native.counts().killable) {
      await gone(child, begun.since, 'ignore', how);
      if (how === 'natural') expect(outcomesOf(child)).toBe('abandoned');
      expect((await fs.held()).length).toBeGreaterThan(0);
      return;
    }
    await pinned(child);
    if (how === 'natural') expect(outcomesOf(child)).toBe('abandoned');
    expect((await fs.held()).length).toBeGreaterThan(0);
    expect(child.over).toBe(false);
    const since = Date.now();
    fs.abort();
    await gone(child, since, 'ignore', how);
    expect(processState(child.pid)).toBeUndefined();
  });
});
