// One start of the case `counters`: node counters-program.mjs FOLDER AMOUNT. Makes each call for a time ('300 ms'), and
// prints µs of processor time (user and system, of all threads) of a call. Or makes so many ('10000'), after twice as many
// that compile them, and calls stats() before each of the two and at the end.
import fs from 'node:fs';
import { join } from 'node:path';
import { configure, stats } from 'pendingop';
import * as fsp from 'pendingop/fs/promises';
import { operations } from './counters-operations.mjs';

const [folder, amount] = process.argv.slice(2);
const path = join(folder, 'file');
fs.writeFileSync(path, 'content');
const handle = await fsp.open(path);
const found = Object.fromEntries(operations.map(({ name }) => [name, 0]));

for (const { name, inline, inFlight, call } of operations) {
  configure({ inline });
  const make = async (goesOn) => {
    const loop = async () => {
      while (goesOn()) await call(fsp, path, handle);
    };
    await Promise.all(Array.from({ length: inFlight }, loop));
  };
  if (amount.endsWith(' ms')) {
    // The first slice compiles.
    for (const ms of [parseInt(amount, 10) / 2, parseInt(amount, 10)]) {
      let calls = 0;
      const used = process.cpuUsage();
      const end = performance.now() + ms;
      await make(() => performance.now() < end && ++calls > 0);
      const { user, system } = process.cpuUsage(used);
      found[name] = (user + system) / calls;
    }
  } else {
    for (const calls of [2 * Number(amount), Number(amount)]) {
      let left = calls;
      stats();
      await make(() => left-- > 0);
    }
    stats();
  }
}
console.log(JSON.stringify(found));
process.exit();
