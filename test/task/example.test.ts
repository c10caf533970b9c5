import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { run } from '../fixtures/processes';

it('examples/task.mjs', async () => {
  const said = await run(process.execPath, [join(__dirname, '../../examples/task.mjs')]);
  expect(said.trim().split('\n')).toEqual(['pending: runTask', 'abort: killed', '42']);
});
