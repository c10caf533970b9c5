// close() is never interrupted: whoever asks for that frees the caller, and the descriptor is closed all the same.
import { beforeAll, expect, it } from '@jest/globals';
import { interrupt, listPending } from '../../lib';
import { open, opendir, stat as warmUp } from '../../lib/fs/promises';
import { descriptorTargets, until } from '../fixtures/leaks';
import { dist, result } from './tools';

// What the first call of all makes once, and keeps.
beforeAll(() => warmUp('/'));

it.each(['file', 'directory'])('an interrupt of a close leaks nothing: %s', async (what) => {
  const before = descriptorTargets();
  const outcomes = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const handle = what === 'file' ? await open('/dev/null') : await opendir('/');
    const closed = handle.close().then(
      () => 'completed',
      (error: { outcome: string }) => error.outcome,
    );
    // In its tick, and a moment later.
    if (i % 2 === 1) await Promise.resolve();
    const [report] = await interrupt(listPending({ fn: 'close' }));
    const outcome = await closed;
    if (report !== undefined) expect(report.outcome).toBe(outcome);
    outcomes.add(outcome);
  }
  for (const outcome of outcomes) expect(['completed', 'abandoned']).toContain(outcome);
  await until(() => descriptorTargets().join() === before.join(), 'all closed');
});

it('the end of the thread that closes leaks nothing', async () => {
  const script = `
    const { Worker } = require('node:worker_threads');
    const { readdirSync } = require('node:fs');
    const count = () => readdirSync('/proc/self/fd').length;
    const source = \`
      const fsp = require(\${JSON.stringify(require.resolve(process.argv[1] + '/fs/promises.js'))});
      const { parentPort } = require('node:worker_threads');
      (async () => {
        const handles = await Promise.all(Array.from({ length: 40 }, () => fsp.open('/dev/null')));
        // Some are closed at this moment, some are left open, some are opened at this moment.
        for (const handle of handles.slice(0, 20)) handle.close();
        for (let i = 0; i < 20; i++) fsp.open('/dev/null');
        parentPort.postMessage('now');
        process.exit();
      })();\`;
    (async () => {
      await fsp.stat('/');
      const run = () => new Promise((resolve, reject) =>
        new Worker(source, { eval: true }).once('exit', resolve).once('error', reject));
      await run();
      const settled = async (most) => {
        const end = Date.now() + 10000;
        while (count() > most && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 1));
        return count();
      };
      const before = count();
      for (let i = 0; i < 5; i++) await run();
      console.log(JSON.stringify([before, await settled(12 + 20)]));
    })();`;
  const [, after] = await result<[number, number]>(
    script.replaceAll('process.argv[1]', JSON.stringify(dist)),
  );
  // What Node itself has open, and nothing of 5 times 60.
  expect(after).toBeLessThanOrEqual(40);
});
