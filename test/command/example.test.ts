import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { run } from '../fixtures/processes';

it('examples/command.mjs', async () => {
  const said = await run(process.execPath, [join(__dirname, '../../examples/command.mjs')]);
  expect(said.trim().split('\n')).toEqual([
    'hello',
    'pending: runCommand sh',
    'interrupt: killed; the caller got: EINTR, with what it had said: started',
    'left: 0',
  ]);
});
