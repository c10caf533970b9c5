// When a mount counts as stalled: if calls get no answer, whatever their timeouts are.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { configure, mounts } from '../../lib';
import { stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { Fate } from '../stall/place';

describeWith('stallfs', 'a mount', () => {
  let fs: StallFs;
  let told: string[];
  const stalled = ({ mountPoint }: { mountPoint: string }): void =>
    void (mountPoint === fs.path && told.push('stalled'));
  const recovered = ({ mountPoint }: { mountPoint: string }): void =>
    void (mountPoint === fs.path && told.push('recovered'));
  const at = (name: string): string => join(fs.path, name);
  beforeEach(async () => {
    fs = await StallFs.mount();
    writeFileSync(join(fs.backing, 'file'), 'content');
    await stat(fs.path);
    told = [];
    mounts.on('mount-stalled', stalled).on('mount-recovered', recovered);
  });
  afterEach(async () => {
    mounts.off('mount-stalled', stalled).off('mount-recovered', recovered);
    configure({ maxStuckPerMount: 1000 });
    await fs.unmount();
  });

  /** Makes one call after the other, each with a short timeout, until `enough`. */
  async function ask(timeout: number, enough: () => boolean): Promise<Fate['error'][]> {
    const errors: Fate['error'][] = [];
    const end = performance.now() + 30_000;
    for (let i = 0; !enough(); i++) {
      expect(performance.now()).toBeLessThan(end);
      errors.push((await new Fate(stat(at(`missing-${i}`), { timeout })).settled).error);
    }
    return errors;
  }

  it.each([20, 500])('that answers nothing counts as stalled, if calls have %d ms', async (timeout) => {
    configure({ maxStuckPerMount: 5 });
    await fs.deaf();
    await ask(timeout, () => told.length > 0);
    expect(mounts.of(fs.path).state).toBe('stalled');
    // Killed calls count: after many of them, calls fail at once.
    const errors = await ask(timeout, () => mounts.of(fs.path).stuck > 5);
    expect(errors.every((error) => error?.code === 'ETIMEDOUT')).toBe(true);
    await until(
      async () => (await new Fate(stat(at('file'), { timeout })).settled).error?.name === 'StalledError',
      'it fails at once',
    );
    expect(told).toEqual(['stalled']);
    await fs.normal();
    await until(() => mounts.of(fs.path).state === 'ok', 'it has recovered', 40_000);
    await until(() => told.length === 2, 'told');
    expect(told).toEqual(['stalled', 'recovered']);
    expect(mounts.of(fs.path).stuck).toBe(0);
    await stat(at('file'));
  });

  it('that answers nothing is found out after the last call has ended', async () => {
    await fs.deaf();
    const fates = Array.from({ length: 50 }, (_, i) => new Fate(stat(at(`missing-${i}`), { timeout: 200 })));
    for (const fate of fates) expect((await fate.settled).error?.code).toBe('ETIMEDOUT');
    await until(() => told.length === 1, 'stalled');
    expect(mounts.of(fs.path).stuck).toBeGreaterThanOrEqual(1);
  });

  it('on which some names hang and others answer does not count as stalled', async () => {
    await fs.hold('ignore', { op: 'lookup', path: '/hang' });
    const hanging = Array.from({ length: 10 }, (_, i) => new Fate(stat(at(`hang-${i}`))));
    let over = false;
    const killed = (async () => {
      for (let i = 0; !over; i++) await new Fate(stat(at(`hang-again-${i}`), { timeout: 100 })).settled;
    })();
    for (let i = 0; i < 40; i++) {
      expect((await new Fate(stat(at(`missing-${i}`))).settled).error?.code).toBe('ENOENT');
      await delay(100);
    }
    over = true;
    await killed;
    expect(told).toEqual([]);
    expect(mounts.of(fs.path).state).toBe('ok');
    expect(hanging.some((fate) => fate.over)).toBe(false);
    await fs.normal();
    await fs.release();
    for (const fate of hanging) expect((await fate.settled).error?.code).toBe('ENOENT');
  });
});
