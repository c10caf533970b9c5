// Knows nothing of the package: reads what it is told to, `count` times, in the pool or synchronously in the loop.
'use strict';
const fs = require('node:fs');

const [how, path, count = '1'] = process.argv.slice(2);
process.stdout.write('ready\n', () => {
  if (how === 'sync') fs.readFileSync(path);
  if (how === 'stat') fs.statSync(path);
  if (how === 'told-stat') {
    try {
      fs.statSync(path);
    } catch ({ code }) {
      process.stdout.write(`${code}\n`);
    }
  }
  for (let i = 0; how === 'pool' && i < Number(count); i++) fs.readFile(path, () => undefined);
  for (let i = 0; how === 'pool-stat' && i < Number(count); i++) fs.stat(`${path}/${i}`, () => undefined);
  if (how === 'read') {
    const fd = fs.openSync(path, 'r+');
    fs.read(fd, Buffer.alloc(1), 0, 1, null, () => undefined);
  }
});
setInterval(() => undefined, 60_000);
