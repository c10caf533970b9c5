// Runs test files, compiled to JavaScript, one after the other in this process, with jest's own `describe`, `test` and
// `expect`: jest itself needs native packages of the system that it runs on. Writes the result of each test to a file.
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
 * Tests of what Windows lacks, some of which would read a device that wine shows and never end. Tests that are a race
 * there: while a read at a given position runs, libuv moves the position of the descriptor.
 */
const everywhere = 'FIFO|device|socket|waits for reads in flight';
/**
 * In wine a console without a terminal passes no Ctrl-Break on. On Windows the programs and the addon are missing that
 * wine.mjs compiles.
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

// Written after each test, so that a run that exceeds its limit shows how far it came.
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
