// A reporter for jest: keeps the names of the test files that have begun and are not over in the file RUNNING_TESTS, for
// scripts/test.mjs to name them if jest does not end.
const { writeFileSync } = require('node:fs');

module.exports = class RunningReporter {
  #running = new Set();

  constructor() {
    this.#write();
  }
  onTestFileStart({ path }) {
    this.#running.add(path);
    this.#write();
  }
  onTestFileResult({ path }) {
    this.#running.delete(path);
    this.#write();
  }
  #write() {
    writeFileSync(process.env.RUNNING_TESTS, JSON.stringify([...this.#running]));
  }
};
