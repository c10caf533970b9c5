// npm run test:guest: the package on real mounts that stall, in a machine of its own: a Debian in qemu's software
// emulation, with NFS, CIFS and sshfs on its loopback. It runs with the kernels of Debian 12 and 13; the newer one's
// NFS client has a switch of its own. `npm run test:guest -- nfs` runs the stalls whose name matches, with all parts;
// `--kernel=newer` chooses a kernel, `--parts=mounts-api,cli,processes` parts (test/guest/server.cjs), among them
// `native`, the native tests; `--arch=arm64` does all of it on another processor, with the addon of the tarball;
// `--table` prints the tables of docs/interruption.md, and the measured times.
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { callTable, queueTable, timeTable } from '../test/guest/table.cjs';
import { ensureDist, ensureInstalled, requireToolchain } from './bootstrap.mjs';
import { ensureImage, makeDisk } from './guest-image.mjs';
import { machineOf, requireHost, startCommand } from './guest-machine.mjs';
import { buildNative, foreignBuilds, nativePrograms } from './native.mjs';
import { arm64Node } from './nodes.mjs';
import { ensurePrebuilds, makePrebuilds } from './prebuilds.mjs';
import { Failure, main, mustRun, root, step } from './tools.mjs';

/** ms for one guest, and ms without output of it; longer on a machine with another pace. Each part has a shorter limit. */
const LIMIT = 20 * 60_000;
const SILENCE = 4 * 60_000;

/** The folder of each kernel in the image's folder. */
const KERNELS = { older: '.', newer: 'newer' };
/** The runs without arguments: what each change is tried with. */
const RUNS = [
  { kernel: 'older', stalls: '', parts: 'calls,queues,exit,mounts-api' },
  { kernel: 'newer', stalls: '', parts: 'mounts-api,processes,cli' },
];
/** On another processor the native tests are run, too: elsewhere `npm test` does that. */
const RUNS_ELSEWHERE = [{ ...RUNS[0], parts: `native,${RUNS[0].parts}` }, RUNS[1]];

/** Makes the addon that the tarball takes for the guest, and returns the path of the guest's Node. */
async function ensurePackage(arch) {
  if (arch === process.arch) {
    await ensurePrebuilds();
    return process.execPath;
  }
  await makePrebuilds([`linux-${arch}`]);
  return arm64Node();
}

/** Makes the content of the second disk: a Node, the package as in its tarball, and the tests. */
async function makeShare(folder, node) {
  const share = join(folder, 'share');
  const modules = join(share, 'node_modules');
  mkdirSync(join(share, 'bin'), { recursive: true });
  copyFileSync(node, join(share, 'bin/node'));
  const pack = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
  await mustRun('npm pack', 'npm', pack, { quiet: true });
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  );
  mkdirSync(join(modules, 'pendingop'), { recursive: true });
  await mustRun('tar', 'tar', ['-xf', tarball, '--strip-components=1', '-C', join(modules, 'pendingop')]);
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies))
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true });
  cpSync(join(root, 'test/guest'), join(share, 'guest'), { recursive: true });
  copyFileSync(join(root, 'test/guest/boot.sh'), join(share, 'boot.sh'));
  return share;
}

/** Adds the native tests, as static programs. */
async function addNative(share, arch) {
  const build = foreignBuilds.find((each) => each.arch === arch);
  await step(build.name, () => buildNative(build));
  mkdirSync(join(share, 'native'));
  for (const path of nativePrograms(build)) copyFileSync(path, join(share, 'native', basename(path)));
}

function startGuest(machine, kernel, image, share, folder) {
  const disks = [join(image, 'root.img'), share];
  const [file, ...args] = startCommand(machine, {
    kernel: join(image, KERNELS[kernel]),
    disks,
    keeps: false,
    console: join(folder, 'console'),
  });
  return spawn(file, args, { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Prints the output of the guest as it comes, and returns its results. */
async function listen(qemu, pace) {
  const results = [];
  const running = new Set();
  let status;
  let late = '';
  const stop = (reason) => () => {
    late = reason;
    qemu.kill('SIGKILL');
  };
  const limit = setTimeout(stop(`after ${(pace * LIMIT) / 60_000} minutes`), pace * LIMIT);
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(stop(`after ${(pace * SILENCE) / 60_000} minutes without a word`), pace * SILENCE);
  };
  const quit = stop('when it was told to end');
  process.on('SIGINT', quit).on('SIGTERM', quit);
  heard();
  for await (const line of createInterface({ input: qemu.stdout })) {
    heard();
    const what = parse(line);
    if (what.begin !== undefined) running.add(what.begin);
    else if (what.end !== undefined) status = what.end;
    else if (what.test === undefined) console.log(`        ${what.note}`);
    else {
      running.delete(what.test);
      results.push(what);
      console.log(`${what.ok ? 'ok    ' : 'FAILED'}  ${what.test} (${Math.round(what.ms)} ms)`);
      if (!what.ok) console.log(`        ${what.why}`);
    }
  }
  clearTimeout(limit);
  clearTimeout(silence);
  process.off('SIGINT', quit).off('SIGTERM', quit);
  for (const test of running) results.push({ test, ok: false, ms: 0, why: `still running ${late}` });
  return { results, status, late };
}

function parse(line) {
  const end = /^end (\d+)$/.exec(line);
  if (end) return { end: Number(end[1]) };
  try {
    return JSON.parse(line);
  } catch {
    return { note: line };
  }
}

/** Returns what the command line asks for: the processor, the runs, and whether to print the tables. */
function asked() {
  const string = { type: 'string', default: '' };
  const options = { arch: { ...string, default: process.arch }, kernel: string, parts: string };
  let parsed;
  try {
    parsed = parseArgs({ allowPositionals: true, options: { ...options, table: { type: 'boolean' } } });
  } catch (error) {
    throw new Failure(error.message);
  }
  const { arch, kernel, parts, table } = parsed.values;
  const [stalls = ''] = parsed.positionals;
  if (kernel !== '' && !Object.hasOwn(KERNELS, kernel))
    throw new Failure(`--kernel is one of ${Object.keys(KERNELS).join(', ')}, not '${kernel}'`);
  const all = arch === process.arch ? RUNS : RUNS_ELSEWHERE;
  const isAll = kernel === '' && stalls === '' && parts === '';
  return { arch, table, runs: isAll ? all : [{ kernel: kernel || 'older', stalls, parts }] };
}

/** Runs one guest, from its start to its end. Returns its results, and the number of failures. */
async function once({ kernel, stalls, parts }, machine, image, folder, share) {
  const disk = join(folder, 'share.img');
  writeFileSync(join(share, 'only'), stalls);
  writeFileSync(join(share, 'parts'), parts);
  await makeDisk(disk, share, '512M');
  const guest = () => listen(startGuest(machine, kernel, image, disk, folder), machine.pace);
  const { results, status, late } = await step(`guest, ${machine.arch}, ${kernel} kernel`, guest);
  const cut = status !== 0 || results.length === 0;
  if (cut) {
    console.log(readFileSync(join(folder, 'console'), 'utf8').split('\n').slice(-60).join('\n'));
    console.log(`The guest did not end as it should: ${late || `status ${status}`}`);
  }
  return { results, failures: results.filter(({ ok }) => !ok).length + (cut ? 1 : 0) };
}

await main(async () => {
  const { arch, runs, table } = asked();
  const machine = machineOf(arch);
  requireHost(machine);
  requireToolchain();
  await ensureInstalled();
  await ensureDist();
  const node = await ensurePackage(arch);
  const image = await ensureImage(machine);
  const folder = mkdtempSync(join(tmpdir(), 'pendingop-guest-'));
  try {
    const share = await makeShare(folder, node);
    if (runs.some(({ parts }) => parts.split(',').includes('native'))) await addNative(share, arch);
    const results = [];
    let failures = 0;
    for (const one of runs) {
      const run = await once(one, machine, image, folder, share);
      results.push(...run.results);
      failures += run.failures;
    }
    if (table) console.log([callTable(), queueTable(), timeTable(results)].join('\n\n'));
    const failed = results.filter(({ ok }) => !ok);
    for (const { test, why } of failed) console.log(`FAILED  ${test}: ${why}`);
    console.log(`\n${results.length - failed.length} passed, ${failures} failed`);
    return failures > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
