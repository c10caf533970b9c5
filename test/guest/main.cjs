// The driver in the guest: the stalls of each server, beside those of the others, in a mount namespace of their own, since
// what asks every mount there is would meet theirs. Prints what they print, a JSON object on each line.
'use strict';
const { spawn } = require('node:child_process');
const { servers } = require('./cases.cjs');
const { say } = require('./tools.cjs');

const [only = '', parts = ''] = process.argv.slice(2);

for (const server of servers) {
  const program = [process.execPath, `${__dirname}/server.cjs`, server, only, parts];
  const child = spawn('unshare', ['--mount', ...program], {
    cwd: '/',
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  child.once('exit', (code, signal) => {
    if (code === 0) return;
    say({
      test: `the stalls of ${server}`,
      ok: false,
      ms: 0,
      why: `its driver ended with ${signal ?? code}`,
    });
    process.exitCode = 1;
  });
}
