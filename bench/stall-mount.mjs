// A file system that stalls, for the cases that need one: test/fixtures/fuse, which `npm test` builds.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotComparable } from './subject.mjs';

const program = process.env.STALLFS ?? fileURLToPath(new URL('../build/test/stallfs', import.meta.url));

/**
 * @typedef {object} StallMount
 * @property {string} path
 * @property {(command: string) => Promise<string>} tell  what the top of stallfs.c lists; gives the rest of its answer
 * @property {() => Promise<void>} end
 */

/** @returns {Promise<StallMount>} */
export async function mountStall() {
  if (process.platform !== 'linux' || !fs.existsSync(program))
    throw new NotComparable('needs the FUSE fixture (libfuse3-dev)');
  // Not in the folder of the case, which is removed file by file, whatever became of the case.
  const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'pendingop-bench-stall-'));
  const path = join(folder, 'mount');
  const backing = join(folder, 'backing');
  fs.mkdirSync(path);
  fs.mkdirSync(backing);
  const daemon = spawn(program, [backing, path], { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] });
  // The daemon unmounts at the end of its input, and the end of this process is one.
  let said = '';
  daemon.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const exited = once(daemon, 'exit');
  /** @param {RegExp} pattern */
  const hears = async (pattern) => {
    for (;;) {
      const match = pattern.exec(said);
      if (match) return match;
      if (daemon.exitCode !== null) throw new NotComparable('FUSE cannot be mounted here');
      await Promise.race([once(daemon.stdout, 'data'), exited]);
    }
  };
  await hears(/^ready$/m);
  let last = 0;
  return {
    path,
    async tell(command) {
      const id = ++last;
      daemon.stdin.write(`${id} ${command}\n`);
      const [, verdict, rest = ''] = await hears(new RegExp(`^${id} (ok|error) ?(.*)\\n`, 'm'));
      if (verdict !== 'ok') throw new Error(`stallfs: ${command}: ${rest}`);
      return rest;
    },
    async end() {
      daemon.stdin.end();
      await exited;
      // If the daemon could not unmount in time.
      if (fs.readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${path} `))
        execFileSync('umount', ['-l', path]);
      for (const one of [path, backing, folder]) fs.rmdirSync(one);
    },
  };
}
