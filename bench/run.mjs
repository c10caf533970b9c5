// npm run bench -- [options] [case…]: prints every figure that the package promises, as a table. The sides of a
// comparison run interleaved in one process, and each case in a process of its own. Ratios are what counts; the
// absolute columns hold for this machine in this run only.

import { fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, usage } from './args.mjs';
import { cases } from './cases.mjs';
import { watchOthers } from './proc.mjs';
import { NotComparable } from './subject.mjs';
import { formatTable } from './table.mjs';

/** @typedef {import('./compare.mjs').Row} Row */
/** @typedef {import('./args.mjs').Settings} Settings */
/** @typedef {{ rows?: Row[], skipped?: string, error?: string }} Answer */

const caseLimitMs = 1_800_000;

// Each Node that starts with it reads certificates for longer than most programs here run.
delete process.env.NODE_EXTRA_CA_CERTS;

if (process.argv.includes('--help')) console.log(usage);
else if (process.argv.includes('--list')) console.log(Object.keys(cases).join('\n'));
else {
  const settings = readSettings();
  if (settings.one) await runCase(settings);
  else await runAll(settings);
}

function readSettings() {
  try {
    return parseArgs(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

/** In the process of one case. @param {Settings} settings */
async function runCase(settings) {
  /** @type {Answer} */
  let answer;
  try {
    answer = { rows: await cases[settings.one](settings) };
  } catch (error) {
    if (error instanceof NotComparable) answer = { skipped: error.message };
    else answer = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send?.(answer, () => process.exit());
}

/** @param {Settings} settings */
async function runAll(settings) {
  const names = settings.names.length > 0 ? settings.names : Object.keys(cases);
  const unknown = names.filter((name) => !Object.hasOwn(cases, name));
  if (unknown.length > 0) {
    console.error(`no such case: ${unknown.join(', ')}. There are: ${Object.keys(cases).join(', ')}`);
    process.exit(2);
  }
  const { folder, remark } = makeFolder();
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  for (const [signal, status] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])) {
    process.once(signal, () => process.exit(status));
  }
  if (!settings.json) console.log(`${machine()}${remark}\n`);

  const others = watchOthers();
  /** @type {Row[]} */
  const rows = [];
  const skipped = [];
  const crashed = [];
  for (const name of names) {
    if (!settings.json) process.stderr.write(`${name} …\n`);
    const own = join(folder, name);
    fs.mkdirSync(own);
    const answer = await inChild(name, own, settings);
    fs.rmSync(own, { recursive: true, force: true });
    if (answer.rows) rows.push(...answer.rows);
    if (answer.skipped) skipped.push({ name, reason: answer.skipped });
    if (answer.error) crashed.push({ name, reason: answer.error });
  }
  const othersShare = others();
  if (settings.json) {
    console.log(JSON.stringify({ machine: machine(), othersShare, rows, skipped, crashed }, null, 2));
  } else {
    report(rows, skipped, crashed, settings);
    if (othersShare > 0.05) {
      console.log(
        `other processes took ${Math.round(othersShare * 100)} % of the processors: repeat it when idle`,
      );
    }
  }
  const missed = rows.some((row) => row.met === false);
  process.exitCode = crashed.length > 0 || (settings.check && missed) ? 1 : 0;
}

/**
 * @param {Row[]} rows
 * @param {{ name: string, reason: string }[]} skipped
 * @param {{ name: string, reason: string }[]} crashed
 * @param {Settings} settings
 */
function report(rows, skipped, crashed, settings) {
  if (rows.length > 0) console.log(`\n${formatTable(rows)}`);
  const judged = rows.filter((row) => row.met !== null);
  const met = judged.filter((row) => row.met).length;
  console.log(
    `\n${met} of ${judged.length} targets met. ratio, min, max: of the pairs of one round; ratio is the median.`,
  );
  if (settings.quick) console.log('--quick: short slices, fewer calls; take no figure from it.');
  if (settings.ours === 'node') console.log('--ours=node: node:fs on both sides.');
  for (const { name, reason } of skipped) console.log(`not measured: ${name}: ${reason}`);
  for (const { name, reason } of crashed) console.log(`FAILED: ${name}: ${reason}`);
}

/**
 * @param {string} name
 * @param {string} folder
 * @param {Settings} settings
 * @returns {Promise<Answer>}
 */
function inChild(name, folder, settings) {
  const args = [`--case=${name}`, `--folder=${folder}`, `--ours=${settings.ours}`];
  args.push(`--rounds=${settings.rounds}`, `--slice=${settings.sliceMs}`);
  if (settings.quick) args.push('--quick');
  const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ['--expose-gc'] });
  return new Promise((resolve) => {
    /** @type {Answer | undefined} */
    let answer;
    const timer = setTimeout(() => {
      answer ??= { error: `not done after ${caseLimitMs / 1000} s` };
      child.kill('SIGKILL');
    }, caseLimitMs);
    const killed = () => child.kill('SIGKILL');
    process.once('exit', killed);
    child.on('message', (message) => {
      answer = /** @type {Answer} */ (message);
    });
    child.on('exit', (status, signal) => {
      clearTimeout(timer);
      process.off('exit', killed);
      resolve(answer ?? { error: `its process ended with ${signal ?? `status ${status}`}` });
    });
  });
}

/** Makes the folder in memory if the platform has such a place: a disk would only add its own noise to both sides. */
function makeFolder() {
  const shm = '/dev/shm';
  const memory = process.platform === 'linux' && fs.existsSync(shm);
  const folder = fs.mkdtempSync(join(memory ? shm : os.tmpdir(), 'pendingop-bench-'));
  return { folder, remark: memory ? ', tmpfs' : ', no tmpfs here: files are on a disk' };
}

function machine() {
  const cores = os.availableParallelism();
  const pool = process.env.UV_THREADPOOL_SIZE ?? '4';
  return `node ${process.version}, ${os.type()} ${os.release()} ${process.arch}, ${cores} cores, libuv pool of ${pool}`;
}
