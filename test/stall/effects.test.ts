// Calls of several steps are interrupted at each step in turn. What the error says has changed must be what has changed on
// the disk. Each request of a call is held. The requests are answered one by one, in their order, up to the step in which
// the call is interrupted: in the first run before any, in the next one after the first.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { interrupt, listPending, OpKind } from '../../lib';
import * as fsp from '../../lib/fs/promises';
import { refusesRecursiveRmdir } from '../../lib/node/version';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import type { StallFilter } from '../fixtures/stallfs';
import { Fate, mounted, type Place } from './place';

/** The most bytes that one FUSE request moves. */
const PIECE = 4096;
const LONG = Buffer.alloc(3 * PIECE + 100, 'what is written');

interface Changing {
  /** Starts the call. Its files are made before requests are held. */
  prepare(place: Place): Promise<() => Promise<unknown>>;
  /** The file to which the bytes of `bytesDone` go, after `base` bytes. */
  written?: string;
  base?: number;
}

const path = (run: (place: Place) => Promise<unknown>): Changing['prepare'] => {
  return async (place) => () => run(place);
};

const opened =
  (flags: string, run: (handle: fsp.FileHandle) => Promise<unknown>): Changing['prepare'] =>
  async (place) => {
    const handle = await fsp.open(place.at('file'), flags);
    handles.push(handle);
    return () => run(handle);
  };

const handles: fsp.FileHandle[] = [];

const functions: Record<string, Changing> = {
  'rm of a tree': { prepare: path((place) => fsp.rm(place.at('full'), { recursive: true })) },
  ...(refusesRecursiveRmdir
    ? {}
    : { 'rmdir of a tree': { prepare: path((place) => fsp.rmdir(place.at('full'), { recursive: true })) } }),
  'mkdir of three': { prepare: path((place) => fsp.mkdir(place.at('x/y/z'), { recursive: true })) },
  'cp of a tree': {
    prepare: path((place) =>
      fsp.cp(place.at('full/a'), place.at('copy'), { recursive: true, preserveTimestamps: true }),
    ),
  },
  'cp of a tree with a filter, over another': {
    prepare: path((place) =>
      fsp.cp(place.at('full/a'), place.at('empty'), { recursive: true, filter: () => true }),
    ),
  },
  'cp of a link': { prepare: path((place) => fsp.cp(place.at('link'), place.at('other'))) },
  copyFile: {
    prepare: async (place) => {
      await fsp.writeFile(place.at('long'), LONG);
      return () => fsp.copyFile(place.at('long'), place.at('copy'));
    },
    written: 'copy',
  },
  'writeFile of a new file': {
    prepare: path((place) => fsp.writeFile(place.at('new'), LONG, { flush: true })),
    written: 'new',
  },
  'writeFile over a file': {
    prepare: path((place) => fsp.writeFile(place.at('file'), LONG)),
    written: 'file',
  },
  'writeFile of pieces': {
    prepare: path((place) => fsp.writeFile(place.at('new'), [LONG, LONG])),
  },
  appendFile: {
    prepare: path((place) => fsp.appendFile(place.at('file'), LONG)),
    written: 'file',
    base: 7,
  },
  mkdtemp: { prepare: path((place) => fsp.mkdtemp(place.at('made-'))) },
  'truncate of a path': { prepare: path((place) => fsp.truncate(place.at('file'), 3)) },
  'truncate of a handle': { prepare: opened('r+', (handle) => handle.truncate(3)) },
  'writev of a handle': {
    prepare: opened('a', (handle) => handle.writev([LONG, LONG])),
    written: 'file',
    base: 7,
  },
  'write of a handle': {
    prepare: opened('w', (handle) => handle.write(LONG)),
    written: 'file',
  },
  'writeFile of a handle': {
    prepare: opened('w', (handle) => handle.writeFile(LONG)),
    written: 'file',
  },
  'chmod and utimes of a handle': { prepare: opened('r+', (handle) => handle.utimes(1, 2)) },
  rename: { prepare: path((place) => fsp.rename(place.at('file'), place.at('empty/file'))) },
  link: { prepare: path((place) => fsp.link(place.at('file'), place.at('empty/file'))) },
  symlink: { prepare: path((place) => fsp.symlink('text', place.at('empty/link'))) },
  unlink: { prepare: path((place) => fsp.unlink(place.at('file'))) },
  chmod: { prepare: path((place) => fsp.chmod(place.at('file'), 0o600)) },
  utimes: { prepare: path((place) => fsp.utimes(place.at('file'), 1, 2)) },
};

/** Returns names, types, permissions, times and contents. */
function disk(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const at = join(folder, name);
      const stats = lstatSync(at);
      const content = stats.isFile()
        ? createHash('sha1').update(readFileSync(at)).digest('hex')
        : stats.isSymbolicLink()
          ? readlinkSync(at)
          : '';
      const time = stats.isFile() ? stats.mtimeMs : 0;
      return `${name} ${stats.mode.toString(8)} ${time} ${content}`;
    });
}

/** `honour`: the held request is not carried out. `effect`: it was carried out, and its answer never comes. */
type Way = 'honour' | 'effect';

/** The grace before a kill. */
const GRACE_MS: Record<Way, number> = { honour: 60_000, effect: 20 };

interface Attempt {
  fate: Fate;
  wasInterrupted: boolean;
  before: string[];
  place: Place;
}

/** Interrupts the call once `step` requests were answered, unless it ends before. */
async function attempt(place: Place, changing: Changing, way: Way, step: number): Promise<Attempt> {
  const { fs, root } = place;
  const start = await changing.prepare(place);
  const before = disk(place.backing);
  if (way === 'honour') await fs.hold('honour', { path: root });
  else await fs.effect({ path: root });
  // The requests of a close cannot be interrupted, and change nothing here.
  await fs.pass({ op: 'flush' });
  const fate = new Fate(start());
  const over = fate.settled.then(() => false);
  for (let gone = 0; await Promise.race([fs.waitHeld().then(() => true), over]); gone++) {
    if (gone === step) {
      const top = listPending({ under: place.path }).filter((op) => (op.kind() & OpKind.Top) !== 0);
      await interrupt(top, { grace: GRACE_MS[way] });
      return { fate: await fate.settled, wasInterrupted: true, before, place };
    }
    const [first] = await fs.held();
    if (first !== undefined) await fs.release(first as StallFilter);
  }
  return { fate, wasInterrupted: false, before, place };
}

describeWith('stallfs', 'interrupted at each step', () => {
  const stage = mounted();

  it.each(
    Object.entries(functions).flatMap(([name, changing]) =>
      (['honour', 'effect'] as const).map((way): [string, Way, Changing] => [name, way, changing]),
    ),
  )('%s, %s', async (_name, way, changing) => {
    await stage.fs.lie('write', PIECE);
    let step = 0;
    for (; ; step++) {
      const place = stage.place();
      const { fate, wasInterrupted, before } = await attempt(place, changing, way, step);
      await stage.fs.normal();
      await stage.fs.release();
      for (const handle of handles.splice(0)) await handle.close();
      if (!wasInterrupted) break;
      // Once the kernel has released it, an abandoned call goes on.
      await until(() => listPending().length === 0, 'an empty pending table');
      const hasChanged = JSON.stringify(disk(place.backing)) !== JSON.stringify(before);
      const { error } = fate;
      // The call was over before the interrupt, or was past its last step.
      if (error === undefined) continue;
      const { mayHaveTakenEffect, bytesDone } = error;
      const size = (name: string): number =>
        lstatSync(place.behind(name), { throwIfNoEntry: false })?.size ?? 0;
      const onDisk = changing.written === undefined ? 0 : size(changing.written) - (changing.base ?? 0);
      const said = { step, message: error.message, mayHaveTakenEffect, bytesDone };
      if (hasChanged || bytesDone > 0) expect(said).toMatchObject({ mayHaveTakenEffect: true });
      if (changing.written === undefined) continue;
      // The write was carried out, but its answer has not come, so how far it got is unknown.
      if (way === 'honour') expect(said).toMatchObject({ bytesDone: hasChanged ? onDisk : 0 });
      else expect(bytesDone).toBeLessThanOrEqual(hasChanged ? onDisk : 0);
    }
    expect(step).toBeGreaterThan(0);
    await stage.fs.lie('write', 0);
  });
});
