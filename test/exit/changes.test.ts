// A program may change files and end at once, as with Node's own pool: what is not stuck is done.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { withFolder } from '../fixtures/folder';

afterEach(() => rmSync(`${folder()}.pipe`));
const folder = withFolder('changes');
beforeEach(() => {
  for (let i = 0; i < 100; i++) writeFileSync(folder(String(i)), '');
  execFileSync('mkfifo', [`${folder()}.pipe`]);
});

const ways = [
  'exit',
  'exit in a later tick',
  'exit once they are submitted',
  'calls of an exit handler',
  'calls of an exit handler, with nothing left to do',
  'the first calls, of an exit handler',
  'an error that nobody catches',
  'exit with a write that waits',
];

test.each(['main', 'worker'].flatMap((thread) => ways.map((way) => `${thread}: ${way}`)))('%s', (how) => {
  spawnSync(process.execPath, [join(__dirname, 'programs/changes.cjs'), how, folder()], { timeout: 60_000 });
  expect(readdirSync(folder())).toEqual([]);
});
