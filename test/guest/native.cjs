// Runs the native tests that the host has brought, each a program, one after the other.
'use strict';
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const { test } = require('./tools.cjs');

const FOLDER = '/share/native';
/** ms for one program. It is less than the host waits for a word of the guest. */
const LIMIT = 200_000;

/** Runs a program to its end. Rejects with its output. */
const run = (program) =>
  new Promise((resolve, reject) => {
    const options = { cwd: '/tmp', timeout: LIMIT, killSignal: 'SIGKILL' };
    execFile(program, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`it ended with ${error.signal ?? error.code}: ${stdout}${stderr}`));
      else resolve();
    });
  });

/** Runs those whose names match `only`. */
async function native(only) {
  const names = fs.readdirSync(FOLDER).filter((name) => new RegExp(only).test(name));
  for (const name of names.sort()) await test(`native: ${name}`, () => run(`${FOLDER}/${name}`));
}

module.exports = native;
