// Calls of several steps that are interrupted in a last one, whose result is not theirs: a clean-up, a check. They end as
// interrupted, with what is there by then.
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { interruptUnder } from '../../lib';
import { copyFile, realpath } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
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

  it('copyFile whose copy cannot be, in removing what it has made', async () => {
    const { error } = await interrupted(
      () => copyFile(place.at('empty'), place.at('copy')),
      'unlink',
      'copy',
    );
    expect(error).toMatchObject({ code: 'EINTR', outcome: 'interrupted', mayHaveTakenEffect: true });
    expect(existsSync(place.behind('copy'))).toBe(true);
  });

  it('realpath, in looking whether what has a slash behind it is a directory', async () => {
    const { error, value } = await interrupted(() => realpath(`${place.at('file')}/`), 'getattr', 'file');
    expect(value).toBeUndefined();
    expect(error).toMatchObject({ code: 'EINTR', outcome: 'interrupted', mayHaveTakenEffect: false });
  });
});
