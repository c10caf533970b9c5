// steady FOLDER [SIGNAL]: calls of many kinds whose results are all known, while somebody else's signals arrive. Prints
// its interrupt signal, waits for a line, works, prints what it found, { calls, wrong, heard }, and waits for a line.
'use strict';
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const fsp = require('../../../dist/fs/promises/index.js');
const { native } = require('../../../dist/engine/addon.js');

const [folder, signal] = process.argv.slice(2);
// The signals are sent to workers: they are to have the calls.
native.setInline(false);
const content = 'c'.repeat(200_000);
const file = join(folder, 'file');
const fifos = ['read', 'open', 'copy'].map((name) => join(folder, name));
const [readFifo, openFifo, copyFifo] = fifos;
let calls = 0;
let heard = 0;
const wrong = [];

if (signal) process.on(signal, () => heard++);

async function expect(call, isRight) {
  calls++;
  try {
    const value = await call;
    if (!isRight(value)) wrong.push(`a wrong result: ${String(value).slice(0, 100)}`);
  } catch (error) {
    wrong.push(String(error));
  }
}

function line() {
  return new Promise((resolve) => {
    process.stdin.once('data', () => {
      process.stdin.pause();
      resolve();
    });
    process.stdin.resume();
  });
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls that do not block. */
const quick = () => [
  expect(fsp.stat(file), ({ size }) => size === content.length),
  expect(fsp.readFile(file, 'latin1'), (text) => text === content),
  expect(fsp.writeFile(join(folder, 'out'), content), (value) => value === undefined),
  expect(fsp.readdir(folder), (names) => names.includes('file')),
  expect(
    fsp.open(file).then((handle) => handle.close()),
    (value) => value === undefined,
  ),
  expect(fsp.copyFile(file, join(folder, 'copied')), (value) => value === undefined),
  expect(
    fsp.stat(join(folder, 'none')).catch(({ code }) => code),
    (code) => code === 'ENOENT',
  ),
];

/** Calls that block for some milliseconds, so that signals find them in the kernel. */
async function slow(handle) {
  const read = expect(
    handle.read(Buffer.alloc(100)),
    ({ bytesRead, buffer }) => buffer.toString('latin1', 0, bytesRead) === 'fed',
  );
  const opened = expect(
    fsp.open(openFifo).then((reader) => reader.close()),
    (value) => value === undefined,
  );
  // Far more than a pipe holds: written piece by piece.
  const written = expect(fsp.writeFile(copyFifo, content), (value) => value === undefined);
  await pause(5);
  await handle.write('fed');
  await (await fsp.open(openFifo, 'w')).close();
  const reader = await fsp.open(copyFifo);
  const pieces = [];
  for (;;) {
    const { bytesRead, buffer } = await reader.read(Buffer.alloc(8192));
    if (bytesRead === 0) break;
    pieces.push(buffer.subarray(0, bytesRead));
    if (pieces.length % 8 === 0) await pause(1);
  }
  await reader.close();
  await expect(Promise.resolve(Buffer.concat(pieces).toString('latin1')), (text) => text === content);
  await Promise.all([read, opened, written]);
}

async function main() {
  await fsp.writeFile(file, content);
  execFileSync('mkfifo', fifos);
  await fsp.stat(file);
  console.log(`signal ${native.counts().signal}`);
  await line();
  const handle = await fsp.open(readFifo, 'r+');
  for (let round = 0; round < 40; round++) {
    const blocked = slow(handle);
    for (let i = 0; i < 10; i++) await Promise.all(quick());
    await blocked;
  }
  await handle.close();
  console.log(JSON.stringify({ calls, wrong: wrong.slice(0, 5), heard }));
  // Handlers go before the process does: not while signals still come.
  await line();
  process.stdin.destroy();
}

main();
