// The FUSE file system of the tests (test/fixtures/fuse), whose daemon stops answering on command, with the part of its
// control channel that the demo needs. A line to the daemon is `ID COMMAND ...`; its answer is `ID ok ...` or
// `ID error REASON`.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program =
  process.env.PENDINGOP_STALLFS ?? fileURLToPath(new URL('../../build/test/stallfs', import.meta.url));

/**
 * Returns why such a mount is impossible here; '' if it is possible.
 * @param {string} mountPoint
 */
export function whyNoMount(mountPoint) {
  if (process.platform !== 'linux') return `the demo's file system is for Linux, this is ${process.platform}`;
  if (!fs.existsSync(program))
    return 'its FUSE daemon is not built (it needs fuse3, libfuse3-dev and pkg-config)';
  if (!fs.existsSync('/dev/fuse')) return 'there is no /dev/fuse here';
  const probe = spawnSync(program, ['--probe', mountPoint], { encoding: 'utf8', timeout: 5000 });
  if (probe.status === 0) return '';
  return `mounting is not possible here: ${probe.stderr.trim() || probe.error?.message || 'refused'}`;
}

export class StalledMount {
  #daemon;
  /** @type {Map<string, { resolve: (text: string) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  #lastId = 0;
  #ended = false;

  /** Starts to mount. @param {string} backing @param {string} mountPoint */
  constructor(backing, mountPoint) {
    this.mountPoint = mountPoint;
    // Detached, so that a Ctrl-C in the terminal reaches the demo alone. The demo then ends the daemon.
    this.#daemon = spawn(program, [backing, mountPoint], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    this.#daemon.stdin?.on('error', () => {});
    /** Resolves once the file system is mounted. @type {Promise<void>} */
    this.mounted = new Promise((resolve, reject) => {
      this.#daemon.once('error', reject);
      this.#daemon.once('exit', (status) => {
        this.#ended = true;
        const error = new Error(`the FUSE daemon ended, status ${status}`);
        reject(error);
        for (const waiter of this.#waiting.values()) waiter.reject(error);
      });
      const input = /** @type {import('node:stream').Readable} */ (this.#daemon.stdout);
      createInterface({ input }).on('line', (line) => {
        if (line === 'ready') resolve();
        else this.#answer(line);
      });
    });
  }

  /**
   * @param {string} command
   * @returns {Promise<string>} the answer after `ok`
   */
  tell(command) {
    const id = `d${++this.#lastId}`;
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(new Error('the FUSE daemon has ended'));
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#daemon.stdin?.write(`${id} ${command}\n`);
    });
  }

  /** @param {string} line */
  #answer(line) {
    const [, id, verdict, rest] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (verdict === 'ok') waiter?.resolve(rest);
    else waiter?.reject(new Error(`the FUSE daemon: ${rest}`));
  }

  /** Unmounts and ends the daemon. That also ends all calls that the kernel still holds on the mount. */
  end() {
    return new Promise((resolve) => {
      if (this.#ended) {
        resolve(undefined);
        return;
      }
      this.#daemon.once('exit', resolve);
      this.#daemon.stdin?.end();
    });
  }

  /** Does the same at once, whatever state the daemon is in: for a process that is about to end. */
  endNow() {
    if (this.#ended) return;
    this.#daemon.kill('SIGKILL');
    const unmount = process.getuid?.() === 0 ? ['umount', '-l'] : ['fusermount3', '-u', '-z'];
    spawnSync(unmount[0], [...unmount.slice(1), this.mountPoint]);
    this.#ended = true;
  }
}
