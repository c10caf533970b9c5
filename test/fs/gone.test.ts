// Relative paths while the working directory is gone: as with Node, the kernel says what it has to say of them.
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

async function outcomes(which: string): Promise<unknown> {
  const child = Child.start(process.execPath, [join(__dirname, 'programs/gone.cjs'), which]);
  const { code } = await child.exited;
  if (code !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

it('works in a working directory that is gone as Node does', async () => {
  expect(await outcomes(dist)).toEqual(await outcomes('node'));
}, 30_000);
