// The machine that `npm run test:guest` starts: its kernel and its disk, a Debian. It is made once for all clones, and
// kept in the user's cache folder.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { digest, Failure, filesIn, output, root, run, step, which } from './tools.mjs';

/** ms for the whole of it. */
const LIMIT = 15 * 60_000;

/** Fails with what this machine lacks. */
export function requireHost() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Failure('the guest is a Debian for x86-64, and runs the Node of an x86-64 Linux');
  const packages = {
    'qemu-system-x86_64': 'qemu-system-x86',
    debootstrap: 'debootstrap',
    mke2fs: 'e2fsprogs',
  };
  const missing = Object.keys(packages).filter((name) => !program(name));
  if (missing.length > 0)
    throw new Failure(
      `Missing for the guest: ${missing.join(', ')}. Install with: apt-get install ${missing.map((name) => packages[name]).join(' ')}`,
    );
}

/** Some programs are in folders that are not in every user's PATH. */
export const program = (name) => which(name) ?? which(`/usr/sbin/${name}`);

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

/**
 * Returns the folder with the guest's kernel and disk. It is made again if its sources have changed, and kept for all
 * clones.
 */
export async function ensureImage() {
  const sources = filesIn(['test/guest/image'], ['']);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pendingop');
  const image = join(cache, `guest-${digest(sources).slice(0, 16)}`);
  if (existsSync(image)) return image;
  const from = mirror();
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, 'making-'));
  const build = [join(root, 'test/guest/image/build.sh'), made, from];
  try {
    await step('guest: a Debian, which takes some minutes', async () => {
      const [program, ...args] = process.getuid() === 0 ? build : ['sudo', '-n', ...build];
      const { code } = await run(program, args, { quiet: true, limit: LIMIT });
      if (code === -1) throw new Failure(`making the guest took more than ${LIMIT / 60_000} minutes`);
      if (code !== 0)
        throw new Failure(
          `making the guest failed${process.getuid() === 0 ? '' : '; it takes root, or a sudo that asks for no password'}`,
        );
    });
    for (const old of readdirSync(cache).filter((name) => name.startsWith('guest-')))
      rmSync(join(cache, old), { recursive: true });
    renameSync(made, image);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return image;
}
