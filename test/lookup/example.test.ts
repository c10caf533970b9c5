import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { run } from '../fixtures/processes';

it('examples/lookup.mjs', async () => {
  const said = await run(process.execPath, [join(__dirname, '../../examples/lookup.mjs')]);
  expect(said.trim().split('\n')).toEqual([
    'listed: lookup localhost',
    'localhost: true',
    'error: getaddrinfo',
    'http: hello',
    'another process: true',
    'stuck: EINTR',
    'ended: killed',
  ]);
});
