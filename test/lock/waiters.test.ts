// Many calls that wait for a lock hold up no other call.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { StallFs } from '../fixtures/stallfs';
import { program } from '../table/tools';
import { dist, KINDS, withFile } from './tools';

const file = withFile();

/** Starts a program that holds a lock on the file while `count` of its calls wait for it. */
const waiting = (kind: string, count: number, maxThreads: number, body: string, path = file()) =>
  program(`
    const { lock } = require(${JSON.stringify(join(dist, 'lock/index.js'))});
    const file = ${JSON.stringify(path)};
    const kind = ${JSON.stringify(kind)};
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
    const all = () => po.listPending({ fn: kind });
    po.configure({ maxThreads: ${maxThreads} });
    po.trackPending(true);
    (async () => {
      const held = await lock(file, { kind });
      const waiters = Array.from({ length: ${count} }, () =>
        lock(file, { kind }).then((mine) => mine.release(), ({ code }) => code));
      while (all().length < ${count}) await fsp.readFile(file);
      ${body}
      console.log(po.listPending().length);
    })();`);

const MORE_THAN_THREADS = `
  while (all().filter(({ state }) => state === 'running').length < 4) await turn();
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, () => fsp.readFile(file)));
  console.log(all().some(({ state }) => state === 'queued'), all().length);
  await held.release();
  console.log((await Promise.all(waiters)).every((value) => value === undefined));`;

it.each(KINDS)(
  '%s: more than there are threads for hold up neither file calls nor the release',
  async (kind) => {
    const { code, stdout, stderr } = await waiting(kind, 50, 8, MORE_THAN_THREADS);
    expect(stderr).toBe('');
    expect(stdout).toBe('true 50\ntrue\n0\n');
    expect(code).toBe(0);
  },
);

describeWith('stallfs', 'on a remote file system', () => {
  // The tests' file system refuses a flock that would wait. The kernel keeps the fcntl locks of this file system.
  it('waiting calls hold up neither file calls there nor the release', async () => {
    const fs = await StallFs.mount();
    try {
      const path = join(fs.path, 'locked');
      writeFileSync(join(fs.backing, 'locked'), '');
      const { code, stdout, stderr } = await waiting('fcntl', 50, 8, MORE_THAN_THREADS, path);
      expect(stderr).toBe('');
      expect(stdout).toBe('true 50\ntrue\n0\n');
      expect(code).toBe(0);
    } finally {
      await fs.unmount();
    }
  });
});

it.each(KINDS)('%s: two thousand wait, file calls go on, and all are interrupted', async (kind) => {
  const { code, stdout, stderr } = await waiting(
    kind,
    2000,
    16384,
    `while (all().filter(({ state }) => state === 'running').length < 2000) await turn();
    for (let i = 0; i < 100; i++) await fsp.readFile(file);
    console.log(all().length);
    const reports = await po.interrupt(po.listPending({ kind: po.OpKind.Top }), { grace: 60_000 });
    console.log(new Set(reports.map(({ outcome }) => outcome)), new Set(await Promise.all(waiters)));
    await held.release();`,
  );
  expect(stderr).toBe('');
  expect(stdout).toBe("2000\nSet(1) { 'interrupted' } Set(1) { 'EINTR' }\n0\n");
  expect(code).toBe(0);
});
