// plain.cjs FOLDER: makes calls on the stalled mount through node:fs, for comparison. Prints which of them have ended,
// and when a call elsewhere was answered. Exits on an order.
'use strict';
const fsp = require('node:fs/promises');

const [at] = process.argv.slice(2);
const controller = new AbortController();
/** As many calls as libuv's pool has threads. */
const calls = {
  stat: () => fsp.stat(`${at}/file`),
  readFile: () => fsp.readFile(`${at}/other`, { signal: controller.signal }),
  readdir: () => fsp.readdir(at),
  mkdir: () => fsp.mkdir(`${at}/new`),
};
const tell = (what) => process.stdout.write(`${what}\n`);

function begin() {
  for (const [name, start] of Object.entries(calls)) {
    const over = () => tell(`ended ${name}`);
    start().then(over, over);
  }
  controller.abort();
  fsp.stat('/').then(() => tell('other'));
  tell('begun');
}

process.stdin.setEncoding('utf8').on('data', (word) => {
  if (word.trim() === 'exit') process.exit(7);
  begin();
});
tell('ready');
