// Large data goes through memory that is reused. The kernel clears a page that is touched for the first time, which takes
// longer than copying it.
import { expect, it } from '@jest/globals';
import { withSharedFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const COUNT = 200;
const PAGES = 1024 / 4; // of 1 MiB; fewer where they are larger

/** Prints how many page faults a call has made, and by how many MiB the process has grown. */
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

const folder = withSharedFolder('pages');

it.each(['handle.write(data, 0, data.length, 0)', 'writeFile(path, data)', 'readFile(path)'])(
  '%s of 1 MiB touches few new pages',
  async (call) => {
    const child = Child.start(process.execPath, ['-e', programOf(call), dist, folder('file')]);
    const { code } = await child.exited;
    expect([code, child.stderr]).toEqual([0, '']);
    const [pages, grown] = JSON.parse(child.stdout) as [number, number];
    expect(pages).toBeLessThan(PAGES / 4);
    expect(grown).toBeLessThan(24);
  },
);
