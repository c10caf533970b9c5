// The driver in the guest: runs the native tests if they are asked for, and then the stalls of all servers at the same
// time, each server in a mount namespace of its own, since functions that ask every mount would meet the stalls of the
// others. Prints their output, a JSON object on each line.
'use strict';
const { spawn } = require('node:child_process');
const { servers } = require('./cases.cjs');
const native = require('./native.cjs');
const { say } = require('./tools.cjs');

const [only = '', parts = ''] = process.argv.slice(2);
const chosen = parts.split(',').filter((part) => part !== '');

function stalls(server) {
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

async function main() {
  // They measure times, so that nothing runs beside them.
  if (chosen.includes('native')) await native(only);
  if (chosen.join() !== 'native') for (const server of servers) stalls(server);
}

main();
