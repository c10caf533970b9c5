// The Debian that `npm run test:guest` starts: its kernels and its disk. It is made once for all clones, and kept in the
// user's cache folder.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { program, startCommand } from './guest-machine.mjs';
import { cacheFolder } from './pinned.mjs';
import { digest, Failure, filesIn, mustRun, output, root, run, step } from './tools.mjs';

/** ms for the host's work, and for that of the guest if it installs its packages itself. */
const LIMIT = 15 * 60_000;
const FINISH_LIMIT = 30 * 60_000;

/** Returns the mirror of Debian that this machine's own packages come from. It has all releases. */
function mirror() {
  const found = [
    ...(output('apt-get', ['update', '--print-uris']) ?? '').matchAll(
      /^'(https?:.*)\/dists\/([^/]+)\/InRelease'/gm,
    ),
  ];
  const [, site] =
    found.find(([, , release]) => release === 'bookworm') ??
    found.find(([, at]) => at.endsWith('/debian')) ??
    [];
  if (site === undefined)
    throw new Failure("no mirror of Debian in apt's configuration, to make the guest from");
  return site;
}

/** Makes the kernels and the disk in a folder. */
async function build({ debian }, folder) {
  const command = [join(root, 'test/guest/image/build.sh'), folder, mirror(), debian];
  const isRoot = process.getuid() === 0;
  const [file, ...args] = isRoot ? command : ['sudo', '-n', ...command];
  const { code } = await run(file, args, { quiet: true, limit: LIMIT });
  if (code === -1) throw new Failure(`making the guest took more than ${LIMIT / 60_000} minutes`);
  if (code !== 0)
    throw new Failure(
      `making the guest failed${isRoot ? '' : '; it takes root, or a sudo that asks for no password'}`,
    );
}

/** Makes a disk from the content of a folder. */
export async function makeDisk(disk, content, size) {
  const args = ['-q', '-t', 'ext4', '-O', '^has_journal', '-d', content, disk, size];
  await mustRun('mke2fs', program('mke2fs'), args, { quiet: true });
}

/** Starts the guest for the first time, where it installs its packages. */
async function finish(machine, folder) {
  const work = join(folder, 'finish');
  mkdirSync(join(work, 'share'), { recursive: true });
  const image = join(root, 'test/guest/image');
  copyFileSync(join(image, 'finish.sh'), join(work, 'share/boot.sh'));
  copyFileSync(join(image, 'clean.sh'), join(work, 'share/clean.sh'));
  const share = join(work, 'share.img');
  const console = join(work, 'console');
  await makeDisk(share, join(work, 'share'), '16M');
  const disks = [join(folder, 'root.img'), share];
  const [file, ...args] = startCommand(machine, { kernel: folder, disks, keeps: true, console });
  const { code, text } = await run(file, args, { collect: true, limit: FINISH_LIMIT });
  if (code !== 0 || !/^end 0\r?$/m.test(text)) {
    const last = (lines) => lines.split('\n').slice(-40).join('\n');
    process.stderr.write(
      `${last(existsSync(console) ? readFileSync(console, 'utf8') : '')}\n${last(text)}\n`,
    );
    throw new Failure(
      code === -1
        ? `the guest took more than ${FINISH_LIMIT / 60_000} minutes to install its packages`
        : 'the guest failed to install its packages',
    );
  }
  rmSync(work, { recursive: true });
}

/**
 * Returns the folder with the guest's kernels and disk. It is made again if its sources have changed, and kept for all
 * clones.
 */
export async function ensureImage(machine) {
  const sources = filesIn(['test/guest/image'], ['']);
  const prefix = `guest-${machine.arch}-`;
  const image = join(cacheFolder, `${prefix}${digest(sources).slice(0, 16)}`);
  if (existsSync(image)) return image;
  mkdirSync(cacheFolder, { recursive: true });
  const made = mkdtempSync(join(cacheFolder, 'making-'));
  try {
    await step(`guest: a Debian for ${machine.arch}, which takes some minutes`, () => build(machine, made));
    if (machine.finishes)
      await step('guest: its packages, which take some minutes more', () => finish(machine, made));
    for (const old of readdirSync(cacheFolder).filter((name) => name.startsWith(prefix)))
      rmSync(join(cacheFolder, old), { recursive: true });
    renameSync(made, image);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return image;
}
