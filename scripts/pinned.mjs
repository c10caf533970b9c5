// Programs from npm that are not installed by `npm ci`, because they are large and few people need them. Each folder of
// scripts/pinned has a package.json and a lock file, which pins versions and contents. They are installed into the
// user's cache folder, once for all clones.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { digest, mustRun, root, step } from './tools.mjs';

/** The folder of everything that is made or fetched once for all clones. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pendingop');

/**
 * Installs scripts/pinned/<name>, unless that was done before. Returns the path of its node_modules.
 *
 * @param {string} name
 * @param {readonly string[]} options of npm, such as the platform to install for
 */
export async function ensurePinned(name, options = []) {
  const files = ['package.json', 'package-lock.json'].map((file) => `scripts/pinned/${name}/${file}`);
  const folder = join(cacheFolder, `${name}-${digest(files, ...options).slice(0, 16)}`);
  const modules = join(folder, 'node_modules');
  if (existsSync(modules)) return modules;
  mkdirSync(cacheFolder, { recursive: true });
  const made = mkdtempSync(join(cacheFolder, 'installing-'));
  try {
    for (const file of files)
      copyFileSync(join(root, file), join(made, file.slice(file.lastIndexOf('/') + 1)));
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await step(`npm ci of ${name}`, () =>
      mustRun('npm ci', 'npm', ['ci', ...quiet, ...options], { quiet: true, cwd: made }),
    );
    try {
      renameSync(made, folder);
    } catch (error) {
      // Another run has installed the same meanwhile.
      if (!existsSync(modules)) throw error;
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return modules;
}
