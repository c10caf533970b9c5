// Runs a program of the tests in a process of its own.
'use strict';
const { spawn } = require('node:child_process');
const { until } = require('./tools.cjs');

/** A program that prints a line for each state that it reaches. */
class Program {
  constructor(file, args, env = {}) {
    this.child = spawn(process.execPath, [`${__dirname}/${file}`, ...args], {
      cwd: '/',
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true, // a process group of its own, by which the test finds its workers
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
