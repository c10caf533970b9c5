// Each remote file system has its own workers, so a stalled one holds up neither another one nor local files.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { configure, interruptUnder, listPending } from '../../lib';
import { native } from '../../lib/engine/addon';
import { readdir, readFile, stat, writeFile } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { Fate, UNREAD } from '../stall/place';

const ROUNDS = 5;
/** Fewer with threads: they take longer to start and end than tasks, and only the daemon ends their calls. */
const STUCK = native.counts().killable ? 5000 : 500;

describeWith('stallfs', 'while a file system stalls', () => {
  let dead: StallFs;
  let slow: StallFs;
  beforeEach(async () => {
    [dead, slow] = await Promise.all([StallFs.mount(), StallFs.mount()]);
    writeFileSync(join(slow.backing, 'file'), 'content');
  });
  afterEach(async () => {
    configure({ maxThreads: 16_384, maxStuckPerMount: 1000 });
    await dead.unmount();
    await slow.unmount();
  });

  const stick = (count: number): Fate[] =>
    Array.from({ length: count }, (_, i) => new Fate(stat(join(dead.path, `missing-${i}`))));

  /** Calls on the slow file system, whose daemon answers each of them late. */
  async function slowGoesOn(count: number): Promise<void> {
    await slow.late({ op: 'lookup' });
    for (let round = 0; round < ROUNDS; round++) {
      const fates = Array.from({ length: count }, (_, i) => new Fate(stat(join(slow.path, `${round}-${i}`))));
      await slow.waitHeld(count);
      expect(await slow.release()).toBe(count);
      for (const fate of fates) expect((await fate.settled).error?.code).toBe('ENOENT');
    }
    await slow.normal();
    expect(await readFile(join(slow.path, 'file'), 'utf8')).toBe('content');
  }

  async function localGoesOn(): Promise<void> {
    const path = join(slow.backing, 'local');
    for (let round = 0; round < 50; round++) {
      await writeFile(path, `${round}`);
      expect(await readFile(path, 'utf8')).toBe(`${round}`);
      expect((await Promise.all([stat(path), readdir(slow.backing)]))[1]).toContain('local');
    }
  }

  // This test comes first, since idle workers of another one would exceed its limit.
  it('a stalled one gets its share of the workers, however many calls wait', async () => {
    configure({ maxThreads: 64 });
    await dead.deaf();
    const stuck = stick(200);
    const running = (): number => listPending({ under: dead.path, state: 'running' }).length;
    await until(() => running() >= 32, 'it has taken what it gets');
    await Promise.all([slowGoesOn(4), localGoesOn()]);
    // At most three times what is left for all others.
    expect(running()).toBeLessThanOrEqual(48);
    expect(stuck.some((fate) => fate.over)).toBe(false);
    await dead.normal();
    for (const fate of stuck) expect((await fate.settled).error?.code).toBe('ENOENT');
  });

  it(`${STUCK} calls stuck there hold up no other call`, async () => {
    configure({ maxStuckPerMount: 2 * STUCK });
    await dead.deaf();
    const stuck = stick(STUCK);
    await until(() => dead.waiting() >= STUCK, 'all of them are in the kernel', 60_000);
    expect(listPending({ under: dead.path, state: 'running' })).toHaveLength(STUCK);
    await Promise.all([slowGoesOn(16), localGoesOn()]);
    expect(stuck.some((fate) => fate.over)).toBe(false);
    if (UNREAD === 'abandoned') await dead.normal();
    const reports = await interruptUnder(dead.path, { grace: 10_000 });
    if (UNREAD === 'killed')
      expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(['killed']));
    await Promise.all(stuck.map((fate) => fate.settled));
    await dead.normal();
    expect((await stat(dead.path)).isDirectory()).toBe(true);
  });
});
