// Starts plain.mjs and watches what becomes of it.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const exitPatienceMs = 1500;

/**
 * @typedef {object} PlainOutcome
 * @property {number} calls
 * @property {number} settled
 * @property {boolean} localHangs   whether a stat of a local file had not ended when its process gave up
 * @property {number} localMs
 * @property {boolean} exitHangs    whether process.exit(0) had not ended its process when the demo gave up
 * @property {number} exitMs
 */

export class PlainSide {
  #child;
  #gone;
  /** @type {(() => void)[]} */
  #wake = [];
  /** @type {Record<string, unknown>[]} */
  #messages = [];

  constructor() {
    this.#child = fork(fileURLToPath(new URL('plain.mjs', import.meta.url)));
    this.#gone = new Promise((resolve) => this.#child.once('exit', () => resolve('gone')));
    this.#child.on('message', (message) => {
      this.#messages.push(/** @type {Record<string, unknown>} */ (message));
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  /** @param {import('./scene.mjs').Places} places @returns {Promise<void>} once its handles are open */
  async prepare(places) {
    await this.#until('up');
    this.#child.send(places);
    await this.#until('ready');
  }

  /** @returns {Promise<PlainOutcome>} */
  async run() {
    this.#child.send('go');
    const told = await this.#until('told');
    const begin = performance.now();
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, exitPatienceMs, 'late');
    });
    const first = await Promise.race([this.#gone, late]);
    clearTimeout(timer);
    const exitMs = performance.now() - begin;
    this.kill();
    await this.#gone;
    return /** @type {PlainOutcome} */ ({ ...told, exitHangs: first === 'late', exitMs });
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  /** @param {string} state */
  async #until(state) {
    for (;;) {
      const found = this.#messages.find((message) => message.state === state);
      if (found) return found;
      const next = new Promise((resolve) => this.#wake.push(() => resolve('message')));
      if ((await Promise.race([next, this.#gone])) === 'gone') {
        throw new Error('the process with plain fs.promises ended too early');
      }
    }
  }
}
