// A program of the tests, in a process of its own.
'use strict';
const { spawn } = require('node:child_process');
const { until } = require('./tools.cjs');

/** A program of ours that says what it has come to, line by line. */
class Program {
  constructor(file, args, env = {}) {
    this.child = spawn(process.execPath, [`${__dirname}/${file}`, ...args], {
      cwd: '/',
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true, // a process group of its own, by which its workers are known
    });
    this.said = '';
    this.child.stdout.setEncoding('utf8').on('data', (text) => {
      this.said += text;
    });
    this.gone = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        this.at = performance.now();
        this.exit = signal ?? code;
        resolve();
      });
    });
  }

  says(word) {
    return until(
      () => this.said.includes(word),
      () => `${word}: ${this.said}`,
    );
  }

  tell(word) {
    this.child.stdin.write(`${word}\n`);
  }
}

module.exports = { Program };
