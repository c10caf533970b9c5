// An application and Node packed into one program. The program is never started as a helper.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withSharedFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const APPLICATION = `
const { appendFileSync } = require('node:fs');
const { createRequire } = require('node:module');
appendFileSync(process.env.STARTED, process.pid + '\\n');
const { lookup, runIsolated } = createRequire(process.env.DIST + '/')('./index.js');
const tell = (error, value) => error ? error.code : typeof value;
lookup('localhost', (error, address) => {
  runIsolated(process.env.WORK, ['echo', 'x']).then((value) => tell(null, value), tell).then((said) =>
    console.log(tell(error, address), said));
});
`;

describe('an application packed with Node', () => {
  let application: string;

  afterAll(() => Child.killAll());
  const folder = withSharedFolder('packed');
  beforeAll(() => {
    application = folder('application');
    writeFileSync(folder('main.cjs'), APPLICATION);
    const config = { main: folder('main.cjs'), output: folder('blob'), disableExperimentalSEAWarning: true };
    writeFileSync(folder('config.json'), JSON.stringify(config));
    execFileSync(process.execPath, ['--experimental-sea-config', folder('config.json')], { stdio: 'pipe' });
    copyFileSync(process.execPath, application);
    const postject = join(__dirname, '../../node_modules/postject/dist/cli.js');
    const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
    const args = [postject, application, 'NODE_SEA_BLOB', folder('blob'), '--sentinel-fuse', fuse];
    execFileSync(process.execPath, args, { stdio: 'pipe' });
  });

  async function start(file: string, args: string[], more: NodeJS.ProcessEnv) {
    const started = folder('started');
    writeFileSync(started, '');
    const work = join(__dirname, 'programs/work.cjs');
    const child = Child.start(file, args, {
      env: { ...process.env, STARTED: started, DIST: dist, WORK: work, ...more },
    });
    await child.wait();
    return { said: child.stdout, starts: readFileSync(started, 'utf8').trim().split('\n').length };
  }

  it('is not started again: functions that need a helper say which variable to set', async () => {
    expect(await start(application, [], {})).toEqual({
      said: 'ERR_HELPER_PROGRAM ERR_HELPER_PROGRAM\n',
      starts: 1,
    });
  });

  it('uses the Node that PENDINGOP_NODE names', async () => {
    expect(await start(application, [], { PENDINGOP_NODE: process.execPath })).toEqual({
      said: 'string object\n',
      starts: 1,
    });
  });

  // As an unknown packer might leave it.
  it('starts no helper if it was started as a helper itself', async () => {
    const main = folder('main.cjs');
    expect(await start(process.execPath, [main], { PENDINGOP_HELPER: '1' })).toEqual({
      said: 'ERR_HELPER_PROGRAM ERR_HELPER_PROGRAM\n',
      starts: 1,
    });
    expect((await start(process.execPath, [main], {})).said).toBe('string object\n');
  });
});
