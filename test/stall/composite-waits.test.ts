// Composites whose calls end in different ways, and composites that wait for something other than a call.
import { mkdirSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, it } from '@jest/globals';
import { interrupt, listPending } from '../../lib';
import * as fsp from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Fate, mounted } from './place';

beforeAll(() => fsp.stat('/'));

describeWith('stallfs', 'a composite', () => {
  const stage = mounted();

  it('with calls that end in different ways has the outcome of the worst', async () => {
    const place = stage.place();
    await place.fs.hold('honour', { op: 'getattr', path: `${place.root}/file` });
    await place.fs.hold('ignore', { op: 'lookup', path: `${place.root}/copy` });
    const fate = new Fate(fsp.cp(place.at('file'), place.at('copy')));
    // It calls stat on both sides at the same time.
    await place.fs.waitHeld(2);
    const reports = await interrupt([place.top()], { grace: 200 });
    expect(reports).toMatchObject([{ outcome: 'abandoned' }]);
    expect(fate.error).toMatchObject({ syscall: 'cp', outcome: 'abandoned', mayHaveTakenEffect: false });
    await place.fs.normal();
    await place.fs.release();
  });

  it('that waits for a function of its caller is ended at once', async () => {
    const place = stage.place();
    let asked = 0;
    const forever = new Promise<boolean>(() => undefined);
    const filter = (): Promise<boolean> => {
      asked++;
      return forever;
    };
    const fate = new Fate(fsp.cp(place.at('full'), place.at('copy'), { recursive: true, filter }));
    await until(() => asked > 0, 'the filter is asked');
    expect(await interrupt(place.top())).toMatchObject([{ outcome: 'interrupted' }]);
    expect(fate.error).toMatchObject({ syscall: 'cp', mayHaveTakenEffect: false });
  });

  it('whose last call was faster than the interrupt does not wait for its retry', async () => {
    const place = stage.place();
    await place.fs.late({ op: 'unlink', path: place.root });
    const fate = new Fate(fsp.rm(place.at('file'), { maxRetries: 1, retryDelay: 2 ** 30, recursive: true }));
    await place.fs.waitHeld(1);
    const reports = interrupt([place.top()], { grace: 60_000 });
    // The daemon fails the request instead, so rm would try again, after a fortnight.
    await place.fs.failHeld('EBUSY');
    expect(await reports).toMatchObject([{ outcome: 'interrupted' }]);
    expect(fate.error).toMatchObject({ code: 'EINTR', syscall: 'rm', outcome: 'interrupted' });
    await place.fs.normal();
  });

  it('whose last call was faster than the interrupt does not wait for its caller', async () => {
    const place = stage.place();
    mkdirSync(place.behind('two'));
    for (const name of ['two/x', 'two/y']) writeFileSync(place.behind(name), name);
    let asked = 0;
    const filter = (): boolean | Promise<boolean> => ++asked < 3 || new Promise<boolean>(() => undefined);
    await place.fs.late({ op: 'setattr', path: place.root });
    const fate = new Fate(fsp.cp(place.at('two'), place.at('copy'), { recursive: true, filter }));
    // The last call for the first file; the filter comes next.
    for (await place.fs.waitHeld(1); listPending({ fn: 'chmod' }).length === 0; await place.fs.waitHeld(1)) {
      await place.fs.release();
    }
    const reports = interrupt([place.top()], { grace: 60_000 });
    await place.fs.normal();
    await place.fs.release();
    expect(await reports).toMatchObject([{ outcome: 'interrupted' }]);
    expect(fate.error).toMatchObject({ syscall: 'cp', outcome: 'interrupted', mayHaveTakenEffect: true });
    expect(asked).toBe(3);
  });

  it('that pauses before a retry is ended at once', async () => {
    const place = stage.place();
    const { unlink = 0 } = await place.fs.counts();
    await place.fs.error('EBUSY', { op: 'unlink', path: place.root });
    const fate = new Fate(fsp.rm(place.at('file'), { maxRetries: 1, retryDelay: 2 ** 30, recursive: true }));
    await place.fs.waitCount('unlink', unlink + 1);
    await until(() => listPending({ under: place.path }).length === 1, 'no call is in flight');
    expect(await interrupt([place.top()], { grace: 60_000 })).toMatchObject([{ outcome: 'interrupted' }]);
    expect(fate.error).toMatchObject({ code: 'EINTR', syscall: 'rm', outcome: 'interrupted' });
    await place.fs.normal();
  });

  it('Dir with recursive is usable after an interrupted read', async () => {
    const place = stage.place();
    const dir = await fsp.opendir(place.at('full'), { recursive: true });
    await place.fs.hold('honour', { op: 'readdir', path: place.root });
    const fate = new Fate(dir.read());
    await place.fs.waitHeld(1);
    expect(await interrupt([place.top()], { grace: 60_000 })).toMatchObject([{ outcome: 'interrupted' }]);
    expect(fate.error).toMatchObject({ code: 'EINTR', syscall: 'readdir', path: place.at('full') });
    await place.fs.normal();
    const names: string[] = [];
    for await (const entry of dir) names.push(entry.name);
    expect(names.sort()).toEqual(['a', 'b', 'one', 'three', 'two']);
  });
});
