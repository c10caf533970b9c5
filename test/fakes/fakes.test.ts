// Tools for tests replace Node's timers, queues and clocks. Calls in flight go on meanwhile, as Node's own do.
import { execFile, execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { withFolder } from '../fixtures/folder';

const register = join(__dirname, '../../dist/register.js');
const program = join(__dirname, 'programs/faked.cjs');

const folder = withFolder('fakes');

const run = promisify(execFile);
const names = execFileSync(process.execPath, [program, 'all', tmpdir()], { encoding: 'utf8' });

const results: Record<string, unknown> = {
  promises: ['content', 7],
  callbacks: 300,
  handles: 'Error',
  streams: 'streamed',
  directories: [['fifo', 'file'], 'Error'],
  trees: 2,
  'a signal': 'AbortError',
  'a timeout': 'TimeoutError',
  'an interrupt': 'InterruptError',
  'an interrupted close': 'resolved',
  'a scope': 'TimeoutError',
  'a scope whose function does not end': 'TimeoutError',
  'a command': ['said\n', 'TimeoutError'],
  'fs.watch and fs.watchFile': 'changed',
  'a walk and many stats': [true, 2],
  'the mounts': [true, 'TimeoutError'],
  'an own op': 'TimeoutError',
};

it('the program does what is expected here', () => {
  expect(JSON.parse(names)).toEqual(Object.keys(results));
});

describe.each([
  ['the package', []],
  ['the hook', ['--require', register]],
])('with fakes in place, %s goes on:', (_, options) => {
  it.each(Object.entries(results))('%s', async (what, result) => {
    const { stdout } = await run(process.execPath, [...options, program, what, folder()], {
      timeout: 30_000,
    });
    const said = JSON.parse(stdout);
    expect(Array.isArray(said?.[0]) ? [said[0].sort(), said[1]] : said).toEqual(result);
  });
});
