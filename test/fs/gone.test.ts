// Relative paths while the working directory is removed: as with Node, the error is the kernel's.
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

it('behaves as Node does in a removed working directory', async () => {
  expect(await outcomes(dist)).toEqual(await outcomes('node'));
}, 30_000);
