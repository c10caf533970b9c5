// Calls that are interrupted in a last step, a clean-up or a check, whose result is not that of the call. They end as
// interrupted, and the error says what has changed by then.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { configure, interrupt, interruptUnder, listPending } from '../../lib';
import { native } from '../../lib/engine/addon';
import { copyFile, realpath, rm } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs, type StallOp } from '../fixtures/stallfs';
import { Fate, Place } from './place';

describeWith('stallfs', 'interrupted in the last step', () => {
  let fs: StallFs;
  let place: Place;
  beforeEach(async () => {
    fs = await StallFs.mount();
    place = new Place(fs);
  });
  afterEach(() => fs.unmount());

  async function interrupted(call: () => Promise<unknown>, op: StallOp, name: string): Promise<Fate> {
    await fs.hold('honour', { op, path: `${place.root}/${name}` });
    const fate = new Fate(call());
    await fs.waitHeld();
    await interruptUnder(place.path, { grace: 20_000 });
    return await fate.settled;
  }

  it('copyFile that fails, while it removes the copy', async () => {
    const { error } = await interrupted(
      () => copyFile(place.at('empty'), place.at('copy')),
      'unlink',
      'copy',
    );
    expect(error).toMatchObject({ code: 'EINTR', outcome: 'interrupted', mayHaveTakenEffect: true });
    expect(existsSync(place.behind('copy'))).toBe(true);
  });

  it('rm, while one part is cancelled and another one is carried out', async () => {
    configure({ maxThreads: 1, killable: 'never' });
    try {
      await until(() => native.counts().workers <= 1, 'idle workers leave');
      mkdirSync(place.behind('files'));
      for (const name of ['x', 'y', 'z']) writeFileSync(place.behind(`files/${name}`), name);
      await fs.hold('ignore', { op: 'unlink', path: `${place.root}/files/` });
      const fate = new Fate(rm(place.at('files'), { recursive: true }));
      await fs.waitHeld();
      // The others are queued for the only worker.
      await until(() => listPending({ under: place.at('files'), state: 'queued' }).length > 0, 'others wait');
      const parts = listPending({ under: place.at('files') }).filter(({ parent }) => parent !== 0);
      void interrupt(listPending({ fn: 'rm' }), { grace: 60_000 });
      expect(parts.length).toBeGreaterThan(1);
      await fs.release();
      const { error } = await fate.settled;
      expect(error).toMatchObject({ syscall: 'rm', outcome: 'interrupted', mayHaveTakenEffect: true });
    } finally {
      configure({ maxThreads: 16_384, killable: 'auto' });
    }
  });

  it('realpath of a path that ends in a slash, while it asks whether that is a directory', async () => {
    const { error, value } = await interrupted(() => realpath(`${place.at('file')}/`), 'getattr', 'file');
    expect(value).toBeUndefined();
    expect(error).toMatchObject({ code: 'EINTR', outcome: 'interrupted', mayHaveTakenEffect: false });
  });
});
