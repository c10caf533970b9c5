// An episode: some random sequences at the same time, all determined by one number.
import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configure, type Killable } from '../../lib';
import * as packageFs from '../../lib/fs';
import type * as Isolated from '../../lib/isolated';
import { unavailable } from '../fixtures/available';
import { descriptors } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import type { Api } from './calls';
import { Random } from './random';
import { type Place, Sequence } from './sequence';

const MOST_ACTORS = 3;
const STEPS = 60;
const GRACES = [8, 16, 40];

/** Helper processes run the built files in dist/. */
const { runIsolated } = require(join(__dirname, '../../dist/isolated')) as typeof Isolated;
export const ours: Api = { ...packageFs, runIsolated };

/**
 * Folders on local file systems, and file systems that stall. Each actor has a mount of its own, since the rules of a
 * stall hold for the whole mount.
 */
export class Places {
  readonly #folders: string[] = [];
  readonly #mounts: StallFs[] = [];
  #made = 0;

  static async make(): Promise<Places> {
    const places = new Places();
    for (const parent of new Set([tmpdir(), ...(process.platform === 'linux' ? ['/dev/shm'] : [])]))
      places.#folders.push(mkdtempSync(join(parent, 'random-')));
    if (unavailable('stallfs') === undefined)
      for (let i = 0; i < MOST_ACTORS; i++) places.#mounts.push(await StallFs.mount());
    return places;
  }

  get canStall(): boolean {
    return this.#mounts.length > 0;
  }

  local(random: Random): Place {
    const root = join(random.of(this.#folders), `sequence${++this.#made}`);
    return { root, backing: root };
  }

  stalling(actor: number): Place {
    const fs = this.#mounts[actor] as StallFs;
    const path = `/sequence${++this.#made}`;
    return { root: fs.path + path, backing: fs.backing + path, stalls: { fs, path } };
  }

  async remove(): Promise<void> {
    for (const mount of this.#mounts) await mount.unmount();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}

export interface Episode {
  readonly api?: Api;
  /** Every third call on a path is one of these functions. */
  readonly often?: readonly string[] | undefined;
  /** Whether `api` is Node's own. Then no call is ended, and nothing is configured. */
  readonly plain?: boolean;
  /** Gets a description of every step, in the order in which all actors begin them. */
  readonly record?: string[];
}

/** Resolves to the number of calls that it made. Rejects with the first fault, and the steps that led to it. */
export async function episode(seed: number, places: Places, options: Episode = {}): Promise<number> {
  const random = new Random(seed);
  const { api = ours, often, plain = false, record } = options;
  const stalls = random.chance(1, 3) && places.canStall && !plain;
  const setting = {
    grace: random.of(GRACES),
    inline: random.chance(1, 2),
    killable: random.of<Killable>(['auto', 'always']),
  };
  // PENDINGOP_KILLABLE of the test run has chosen the workers for all suites.
  const { grace } = setting;
  if (!plain) configure(process.env.PENDINGOP_KILLABLE === undefined ? setting : { grace });
  const actors: Sequence[] = [];
  const roots: string[] = [];
  for (let i = 0, count = 1 + random.below(MOST_ACTORS); i < count; i++) {
    const place = stalls ? places.stalling(i) : places.local(random);
    roots.push(place.root);
    actors.push(
      new Sequence({ place, api, often, ends: !plain, alone: count === 1, seed: [seed, i], record }),
    );
  }
  // All actors end before the first failure is reported, so that none goes on beside the next episode.
  const ends = await Promise.allSettled(actors.map((actor) => actor.run(STEPS)));
  const failed = ends.find((end) => end.status === 'rejected');
  const where = `episode ${seed}: ${stalls ? 'a file system that stalls' : 'local'}, ${JSON.stringify(setting)}, ${actors.length} actors`;
  if (failed !== undefined) throw new Error(`${where}\n${(failed.reason as Error).message}`);
  const left = descriptors().filter(({ target }) => roots.some((root) => target.startsWith(root)));
  // If a task is killed from outside during an open or a close, nobody knows which descriptor it leaves open.
  if (actors.some(({ hasKilled }) => hasKilled)) for (const { fd } of left.splice(0)) closeSync(fd);
  if (left.length > 0)
    throw new Error(`${where}\ndescriptors are left open: ${left.map(({ target }) => target).join(', ')}`);
  return actors.reduce((sum, { steps }) => sum + steps, 0);
}
