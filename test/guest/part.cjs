// part.cjs PART STALL NAME: runs one part of the tests on the mount /mnt/NAME. Started by server.cjs.
'use strict';
const { configure, interruptUnder, trackPending } = require('pendingop');
const { GRACE } = require('./place.cjs');
const { mounts } = require('./tools.cjs');
const { stalls } = require('./cases.cjs');

const [part, stall, name] = process.argv.slice(2);

trackPending(true);
configure({ grace: GRACE });
require(`./${part}.cjs`)(stall, name)
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(async () => {
    // Calls that a failed test has left behind.
    await mounts(stalls[stall].end);
    await interruptUnder(`/mnt/${name}`);
  });
