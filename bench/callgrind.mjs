// Runs a program of Node's under valgrind's callgrind, which counts instructions in user mode.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Why it cannot be run here; undefined: it can. */
export function withoutCallgrind() {
  if (process.platform !== 'linux') return 'valgrind runs on Linux';
  const { status } = spawnSync('valgrind', ['--version'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'valgrind is not installed (Debian: valgrind)';
}

/**
 * Runs it on one processor, where nobody looks for work before going to sleep, and with V8's other threads switched off:
 * what is counted is the same each time.
 * @param {string} folder  where the counts are kept
 * @param {string[]} args  of node
 * @param {Record<string, string | undefined>} env
 * @param {string} mark    a function; each time that it is called, another section begins
 * @returns {Section[]}
 */
export function callgrind(folder, args, env, mark) {
  const calls = join(folder, 'callgrind-calls.so');
  const source = fileURLToPath(new URL('callgrind-calls.c', import.meta.url));
  execFileSync(process.env.CC || 'cc', ['-O2', '-shared', '-fPIC', source, '-o', calls]);
  const out = join(folder, 'callgrind.out');
  const options = [`--callgrind-out-file=${out}`, `--dump-before=${mark}`, '--smc-check=all-non-file'];
  const format = ['--compress-strings=no', '--compress-pos=no'];
  execFileSync(
    'taskset',
    [
      '-c',
      '0',
      'valgrind',
      '--tool=callgrind',
      ...options,
      ...format,
      process.execPath,
      '--predictable',
      ...args,
    ],
    { env: { ...env, LD_PRELOAD: calls }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const sections = [];
  for (let part = 1; existsSync(`${out}.${part}`); part++) sections.push(read(`${out}.${part}`));
  return sections;
}

/**
 * @typedef {object} Section
 * @property {number} instructions                  of all threads
 * @property {(name: string) => number} within      those of a function, and of what it called
 */

/** The format is described in valgrind's manual, "Callgrind Format Specification". @param {string} file @returns {Section} */
function read(file) {
  const lines = readFileSync(file, 'latin1').split('\n');
  const costOf = (line) => Number(line.slice(line.lastIndexOf(' ') + 1));
  /** @type {Map<string, number>} */
  const within = new Map();
  let instructions = 0;
  let callee = '';
  lines.forEach((line, at) => {
    if (line.startsWith('cfn=')) callee = line.slice(4);
    else if (line.startsWith('calls=')) within.set(callee, (within.get(callee) ?? 0) + costOf(lines[at + 1]));
    else if (line.startsWith('totals:')) instructions = costOf(line);
  });
  return {
    instructions,
    within: (name) => {
      const cost = within.get(name);
      if (cost === undefined) throw new Error(`${name} was not called`);
      return cost;
    },
  };
}
