// npm run test:guest: the package on real mounts that stall, in a machine of its own: a Debian under qemu's software
// emulation, with NFS, CIFS and sshfs on its loopback. `npm run test:guest -- nfs` runs the stalls whose name matches;
// `--table` prints the tables of docs/interruption.md, and the times that were measured.
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
import { main, mustRun, root, step } from './tools.mjs';

/** ms: the whole run. */
const LIMIT = 20 * 60_000;
/** ms without a word from the guest, each part of which has a shorter limit of its own. */
const SILENCE = 4 * 60_000;

/** The second disk: this Node, the package as its tarball has it, and the tests. */
async function makeShare(folder, only) {
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
  writeFileSync(join(share, 'only'), only);
  const disk = join(folder, 'share.img');
  const args = ['-q', '-t', 'ext4', '-O', '^has_journal', '-d', share, disk, '512M'];
  await mustRun('mke2fs', program('mke2fs'), args, { quiet: true });
  return disk;
}

function startGuest(image, disk, folder) {
  const drive = (file, more) => ['-drive', `file=${file},if=virtio,format=raw,cache=unsafe${more}`];
  // No KVM: where there is a /dev/kvm it need not work (in a machine within a machine), and most of a run is waiting.
  // No network reaches it: its servers and clients meet on its own loopback.
  const args = [
    ...['-M', 'pc', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'max', '-smp', '2', '-m', '1536'],
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
    ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd.img')],
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

/** Prints what the guest says as it comes; gives its results. */
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

await main(async () => {
  const args = process.argv.slice(2);
  const only = args.find((arg) => !arg.startsWith('--')) ?? '';
  requireHost();
  requireToolchain();
  await ensureInstalled();
  await ensureDist();
  await ensurePrebuilds();
  const image = await ensureImage();
  const folder = mkdtempSync(join(tmpdir(), 'pendingop-guest-'));
  try {
    const disk = await makeShare(folder, only);
    const { results, status, late } = await step('guest', () => listen(startGuest(image, disk, folder)));
    const failed = results.filter(({ ok }) => !ok);
    const cut = status !== 0 || results.length === 0;
    if (cut) {
      console.log(readFileSync(join(folder, 'console'), 'utf8').split('\n').slice(-15).join('\n'));
      console.log(`The guest did not end as it should: ${late || `status ${status}`}`);
    }
    if (args.includes('--table')) console.log([callTable(), queueTable(), timeTable(results)].join('\n\n'));
    for (const { test, why } of failed) console.log(`FAILED  ${test}: ${why}`);
    console.log(`\n${results.length - failed.length} passed, ${failed.length + (cut ? 1 : 0)} failed`);
    return failed.length > 0 || cut ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
