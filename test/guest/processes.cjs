// Starts processes while this process has files of the stalled mount open, and with a working directory on it.
'use strict';
const { writeFileSync } = require('node:fs');
const { runIsolated } = require('pendingop');
const { runCommand } = require('pendingop/command');
const { Place } = require('./place.cjs');
const { check, test, within } = require('./tools.cjs');

const MODULE = '/tmp/double.cjs';

async function main(stall, name) {
  writeFileSync(MODULE, 'module.exports = (x) => 2 * x;');
  const place = await Place.make(stall, name);
  const read = await place.prepare('read', { opens: 'r', got: 4096 });
  const written = await place.prepare('written', { opens: 'r+', dirty: true });
  process.chdir(place.root);
  await place.begin();
  await place.prepareStalled(written, { dirty: true });
  await test(`${stall}: a command starts while files of it are open, in a folder of it`, async () => {
    const { stdout } = await within(runCommand('/bin/echo', ['said']), 'the command');
    check(stdout === 'said\n', `it said ${stdout}`);
    const code = await within(
      runCommand('/no-such-command').catch((error) => error.code),
      'the error',
    );
    check(code === 'ENOENT', `the error is ${code}`);
  });
  // lookup() starts a helper process in this way, too.
  await test(`${stall}: an isolated call starts`, async () => {
    const doubled = await within(runIsolated(MODULE, [21]), 'the isolated call');
    check(doubled === 42, `it returned ${doubled}`);
  });
  await test(`${stall}: nothing of those processes is left`, async () => {
    process.chdir('/');
    await place.end();
    for (const { handle } of [read, written]) await within(handle.close(), 'close');
    place.checkWritten(written);
    await place.released();
  });
}

module.exports = main;
