// close() is never interrupted: an interrupt frees the caller, and the descriptor is closed all the same.
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { beforeAll, expect, it } from '@jest/globals';
import { interrupt, listPending, runInterruptible } from '../../lib';
import { createReadStream } from '../../lib/fs';
import { open, opendir, stat as warmUp } from '../../lib/fs/promises';
import { OpenDescriptors } from '../fixtures/leaks';
import { dist, result } from './tools';

// The first call opens descriptors that stay.
beforeAll(() => warmUp('/'));

it.each(['file', 'directory'])('an interrupt of a close leaks nothing: %s', async (what) => {
  const before = new OpenDescriptors();
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
  await before.closed();
});

it.each(['file', 'directory'])('a queued close has its grace to end: %s', async (what) => {
  const handle = what === 'file' ? await open('/dev/null') : await opendir('/');
  const closed = handle.close();
  const reports = await interrupt(listPending({ fn: 'close', state: 'queued' }), { grace: 60_000 });
  expect(reports).toMatchObject([{ outcome: 'completed' }]);
  expect(await closed).toBeUndefined();
});

it('if all workers are stuck, the caller of a queued close is free after the grace, synchronous or not', async () => {
  const ended = await result<string[][]>(`
    const fs = require(${JSON.stringify(join(dist, 'fs'))});
    const path = require('node:fs').mkdtempSync('/tmp/close-') + '/fifo';
    require('node:child_process').execFileSync('mkfifo', [path]);
    po.trackPending(true);
    (async () => {
      const handle = await fsp.open('/dev/null');
      const fd = fs.openSync('/dev/null');
      po.configure({ maxThreads: native.counts().workers, grace: 20 });
      const stuck = Array.from({ length: native.counts().workers + 1 }, () => fsp.readFile(path).catch(() => {}));
      await listed(native.counts().workers, { state: 'running' });
      const ends = [];
      try {
        fs.closeSync(fd, { timeout: 10 });
      } catch ({ code, outcome }) {
        ends.push([code, outcome]);
      }
      const closing = handle.close().catch(({ code, outcome }) => ends.push([code, outcome]));
      await po.interrupt(po.listPending({ fn: 'close', state: 'queued' }), { grace: 10 });
      await closing;
      await po.interruptUnder(path);
      await Promise.all(stuck);
      await listed(0);
      require('node:fs').rmSync(require('node:path').dirname(path), { recursive: true });
      // Both are closed.
      for (const each of [fd, handle.fd]) ends.push([(await fs.promises.stat('/proc/self/fd/' + each).catch((e) => e)).code]);
      console.log(JSON.stringify(ends));
    })();`);
  expect(ended).toEqual([['ETIMEDOUT', 'abandoned'], ['EINTR', 'abandoned'], ['ENOENT'], ['ENOENT']]);
});

it('a queued close of a stream, whose scope ends, has its grace, too', async () => {
  await runInterruptible({}, async (scope) => {
    const stream = createReadStream('/etc/passwd').resume();
    stream.once('end', () => void scope.interrupt({ grace: 60_000 }));
    await finished(stream);
  });
});

it('the end of the thread that closes leaks nothing', async () => {
  const script = `
    const { Worker } = require('node:worker_threads');
    const { readdirSync } = require('node:fs');
    const count = () => readdirSync('/proc/self/fd').length;
    const source = \`
      const fsp = require(\${JSON.stringify(require.resolve(process.argv[1] + '/fs/promises/index.js'))});
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
  // Node's own descriptors, and none of 5 times 60.
  expect(after).toBeLessThanOrEqual(40);
});
