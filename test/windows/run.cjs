// Runs test files, compiled to JavaScript, one after the other in this process, with jest's own `describe`, `test` and
// `expect`: jest itself needs native packages of the system that it runs on. Writes what became of each test.
//
// node run.cjs <report> <file …>
'use strict';
const { writeFileSync } = require('node:fs');
const Module = require('node:module');

const [report, ...files] = process.argv.slice(2);
const circus = require('jest-circus');
const { expect } = require('expect');

const { describe, beforeAll, afterAll, beforeEach, afterEach, run } = circus;
/**
 * What Windows does not have: some would read a device that wine shows, and never end. What is a race there: libuv moves
 * the position of a descriptor while a read that has its own position runs.
 */
const everywhere = 'FIFO|device|socket|waits for reads in flight';
/**
 * In wine consoles without a terminal pass no Ctrl-Break on. On Windows there is no program that wine.mjs compiles, nor the
 * addon.
 */
const here = process.env.PENDINGOP_ON_WINDOWS ? 'locks all bytes' : 'Ctrl-Break';
const leftOut = new RegExp(`${everywhere}|${here}`);
const test = Object.assign((name, ...rest) => leftOut.test(name) || circus.test(name, ...rest), circus.test);
const globals = { describe, test, it: test, beforeAll, afterAll, beforeEach, afterEach, expect };
Object.assign(globalThis, globals);

const load = Module._load;
Module._load = function (request, ...rest) {
  return request === '@jest/globals' ? globals : load.call(this, request, ...rest);
};

globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')] = 120_000;

const results = [];
const write = (ended) => writeFileSync(report, JSON.stringify({ ended, results }));

// Written after each test: what runs into a limit has told how far it came.
circus.addEventHandler(({ name, test: ended }) => {
  if (name !== 'test_done') return;
  const names = [];
  for (let block = ended; block.parent !== undefined; block = block.parent) names.unshift(block.name);
  const errors = ended.errors.map(String);
  results.push({ name: names.join(' › '), errors });
  write(false);
});

async function main() {
  require('../setup');
  for (const file of files) describe(file, () => void require(file));
  const { unhandledErrors } = await run();
  for (const error of unhandledErrors) results.push({ name: 'outside of tests', errors: [String(error)] });
  write(true);
}

main().then(
  () => process.exit(0),
  (error) => {
    results.push({ name: 'the run', errors: [error?.stack ?? String(error)] });
    write(false);
    process.exit(1);
  },
);
