// npm run test:guest: the package on real mounts that stall, in a machine of its own: a Debian in qemu's software
// emulation, with NFS, CIFS and sshfs on its loopback. It runs with the kernels of Debian 12 and 13; the newer one's
// NFS client has a switch of its own. `npm run test:guest -- nfs` runs the stalls whose name matches, with all parts;
// `--kernel=newer` chooses a kernel, `--parts=mounts-api,cli,processes` parts (test/guest/server.cjs); `--table` prints
// the tables of docs/interruption.md, and the measured times.
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
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { callTable, queueTable, timeTable } from '../test/guest/table.cjs';
import { ensureDist, ensureInstalled, requireToolchain } from './bootstrap.mjs';
import { ensureImage, program, requireHost } from './guest-image.mjs';
import { ensurePrebuilds } from './prebuilds.mjs';
import { Failure, main, mustRun, root, step } from './tools.mjs';

/** ms for the whole run. */
const LIMIT = 20 * 60_000;
/** ms without output of the guest. Each part of the guest has a shorter limit of its own. */
const SILENCE = 4 * 60_000;

/** The folder of each kernel in the image's folder. */
const KERNELS = { older: '.', newer: 'newer' };
/** The runs without arguments: what each change is tried with. */
const RUNS = [
  { kernel: 'older', stalls: '', parts: 'calls,queues,exit,mounts-api' },
  { kernel: 'newer', stalls: '', parts: 'mounts-api,processes,cli' },
];

/** Makes the content of the second disk: this Node, the package as in its tarball, and the tests. */
async function makeShare(folder) {
  const share = join(folder, 'share');
  const modules = join(share, 'node_modules');
  mkdirSync(join(share, 'bin'), { recursive: true });
  copyFileSync(process.execPath, join(share, 'bin/node'));
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

async function makeDisk(folder, share, stalls, parts) {
  writeFileSync(join(share, 'only'), stalls);
  writeFileSync(join(share, 'parts'), parts);
  const disk = join(folder, 'share.img');
  const args = ['-q', '-t', 'ext4', '-O', '^has_journal', '-d', share, disk, '512M'];
  await mustRun('mke2fs', program('mke2fs'), args, { quiet: true });
  return disk;
}

function startGuest(kernel, image, disk, folder) {
  const drive = (file, more) => ['-drive', `file=${file},if=virtio,format=raw,cache=unsafe${more}`];
  // Without KVM: a /dev/kvm need not work (in a machine within a machine), and most of a run is waiting. Without a
  // network: servers and clients use the guest's own loopback.
  const args = [
    ...[
      '-M',
      'pc',
      '-accel',
      'tcg,thread=multi,tb-size=512',
      '-cpu',
      'max,la57=off',
      '-smp',
      '2',
      '-m',
      '1536',
    ],
    ...[
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
      '-nic',
      'none',
      '-monitor',
      'none',
      '-no-reboot',
    ],
    ...['-kernel', join(kernel, 'vmlinuz'), '-initrd', join(kernel, 'initrd.img')],
    ...[
      '-append',
      'console=ttyS0 quiet mitigations=off panic=-1 tsc=reliable no_timer_check nowatchdog audit=0',
    ],
    ...drive(join(image, 'root.img'), ',snapshot=on'),
    ...drive(disk, ''),
    ...['-serial', `file:${join(folder, 'console')}`, '-serial', 'stdio'],
  ];
  return spawn('qemu-system-x86_64', args, {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Prints the output of the guest as it comes, and returns its results. */
async function listen(qemu) {
  const results = [];
  const running = new Set();
  let status;
  let late = '';
  const stop = (reason) => () => {
    late = reason;
    qemu.kill('SIGKILL');
  };
  const limit = setTimeout(stop(`after ${LIMIT / 60_000} minutes`), LIMIT);
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(stop(`after ${SILENCE / 60_000} minutes without a word`), SILENCE);
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

function optionOf(name) {
  const found = process.argv.slice(2).find((arg) => arg.startsWith(`--${name}=`));
  return found?.slice(name.length + 3) ?? '';
}

/** Returns the runs that the command line asks for. */
function runs() {
  const stalls = process.argv.slice(2).find((arg) => !arg.startsWith('--')) ?? '';
  const kernel = optionOf('kernel');
  const parts = optionOf('parts');
  if (kernel !== '' && !Object.hasOwn(KERNELS, kernel))
    throw new Failure(`--kernel is one of ${Object.keys(KERNELS).join(', ')}, not '${kernel}'`);
  if (kernel === '' && stalls === '' && parts === '') return RUNS;
  return [{ kernel: kernel || 'older', stalls, parts }];
}

/** Runs one guest, from its start to its end. Returns its results, and the number of failures. */
async function once({ kernel, stalls, parts }, image, folder, share) {
  const disk = await makeDisk(folder, share, stalls, parts);
  const guest = () => listen(startGuest(join(image, KERNELS[kernel]), image, disk, folder));
  const { results, status, late } = await step(`guest, ${kernel} kernel`, guest);
  const cut = status !== 0 || results.length === 0;
  if (cut) {
    console.log(readFileSync(join(folder, 'console'), 'utf8').split('\n').slice(-60).join('\n'));
    console.log(`The guest did not end as it should: ${late || `status ${status}`}`);
  }
  return { results, failures: results.filter(({ ok }) => !ok).length + (cut ? 1 : 0) };
}

await main(async () => {
  requireHost();
  requireToolchain();
  await ensureInstalled();
  await ensureDist();
  await ensurePrebuilds();
  const image = await ensureImage();
  const folder = mkdtempSync(join(tmpdir(), 'pendingop-guest-'));
  try {
    const share = await makeShare(folder);
    const results = [];
    let failures = 0;
    for (const one of runs()) {
      const run = await once(one, image, folder, share);
      results.push(...run.results);
      failures += run.failures;
    }
    if (process.argv.includes('--table'))
      console.log([callTable(), queueTable(), timeTable(results)].join('\n\n'));
    const failed = results.filter(({ ok }) => !ok);
    for (const { test, why } of failed) console.log(`FAILED  ${test}: ${why}`);
    console.log(`\n${results.length - failed.length} passed, ${failures} failed`);
    return failures > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
