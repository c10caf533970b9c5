// Large data goes through memory that is used again: a page that is touched for the first time is cleared by the kernel,
// which takes longer than to copy it.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { temporary } from '../fixtures/mounts';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const COUNT = 200;
const PAGES = 1024 / 4; // of 1 MiB; fewer where they are larger

/** Prints how many pages a call has touched for the first time, and by how many MiB the process has grown. */
const programOf = (call: string) => `
  const { open, readFile, writeFile } = require(process.argv[1] + '/fs/promises');
  const path = process.argv[2];
  const data = Buffer.alloc(1 << 20, 'd');
  (async () => {
    await writeFile(path, data);
    const handle = await open(path, 'r+');
    const call = () => ${call};
    for (let i = 0; i < 150; i++) await call();
    const { minorPageFault, maxRSS } = process.resourceUsage();
    for (let i = 0; i < ${COUNT}; i++) await call();
    const after = process.resourceUsage();
    await handle.close();
    console.log(JSON.stringify([(after.minorPageFault - minorPageFault) / ${COUNT}, (after.maxRSS - maxRSS) / 1024]));
  })();
`;

let folder: string;
beforeAll(async () => {
  folder = await temporary('pages');
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(['handle.write(data, 0, data.length, 0)', 'writeFile(path, data)', 'readFile(path)'])(
  '%s of 1 MiB touches few new pages',
  async (call) => {
    const child = Child.start(process.execPath, ['-e', programOf(call), dist, join(folder, 'file')]);
    const { code } = await child.exited;
    expect([code, child.stderr]).toEqual([0, '']);
    const [pages, grown] = JSON.parse(child.stdout) as [number, number];
    expect(pages).toBeLessThan(PAGES / 4);
    expect(grown).toBeLessThan(24);
  },
);
