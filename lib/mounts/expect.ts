// mounts.expect(): watches for expected mounts that go and come. mounts.whenAvailable() waits for one that is missing.

import type { PathLike } from 'node:fs';
import { isUnavailable } from '../call/errors';
import { expectedAt, expectedMounts, expectMount, expectNoMore, isMounted } from '../call/expected-mounts';
import { trackOp } from '../custom/track-op';
import { OpKind } from '../engine/codes';
import { mountTable, pathOfMount } from '../engine/mount-table';
import { statfs as ask } from '../fs/promises/stats';
import { absolute, pathOfPlace, placeText, textOf, workingDirectory } from '../node/path-text';
import { delay } from '../util/delay';
import { once } from '../util/once';
import { outside } from '../util/outside';
import { clearInterval, setInterval } from '../util/timers';
import type { CallOptions } from '../validate/call-options';
import { validPath } from '../validate/path';
import { validateNames } from '../validate/values';

/** ms between two looks at the table of mounts, which the kernel keeps in memory. */
const PAUSE = 250;

/** Returns the absolute path as placeText() has it. */
export const placeOf = (path: PathLike, name: string): string =>
  absolute(placeText(workingDirectory()), placeText(validPath(path, name)));

/** `path`: the mount point, text if text says all. */
type Tell = (path: string | Buffer, isThere: boolean) => void;

/** Watches the expected mounts while there are any. It does not keep the event loop alive. */
export class Expectations {
  readonly #there = new Map<string, boolean>();
  readonly #tell: Tell;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  add(point: string): () => void {
    expectMount(point);
    if (!this.#there.has(point)) this.#there.set(point, true);
    this.#timer ??= outside(() => setInterval(() => this.look(), PAUSE).unref());
    return once(() => {
      expectNoMore(point);
      const left = expectedMounts();
      if (!left.includes(point)) this.#there.delete(point);
      if (left.length > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
  }

  look(): void {
    const table = mountTable();
    for (const [point, was] of [...this.#there]) {
      const isThere = isMounted(point, table);
      if (isThere === was) continue;
      this.#there.set(point, isThere);
      this.#tell(pathOfPlace(point), isThere);
    }
  }
}

const OPTIONS = new Set(['signal', 'timeout']);

/** Resolves once the file system of the path answers, and is mounted if it is expected. */
export async function whenAvailable(path: PathLike, options: CallOptions = {}): Promise<void> {
  validateNames(options, OPTIONS);
  const place = placeOf(path, 'path');
  const info = {
    fn: 'whenAvailable',
    kind: OpKind.Top | OpKind.Path,
    params: [path, options],
    pathname: textOf(pathOfPlace(place)),
    onInterrupt: () => undefined,
    ...options,
  };
  await trackOp(info, (signal) => untilAvailable(place, signal));
}

async function untilAvailable(place: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const point = expectedAt(place);
    if (point === undefined || isMounted(point)) {
      const mount = mountTable().entryOf(pathOfPlace(place));
      if (await answers(mount === undefined ? '/' : pathOfMount(mount), signal)) return;
    }
    await delay(PAUSE, signal);
  }
}

/** ms in which a file system that is available answers. */
const PATIENCE = 1000;

async function answers(point: string | Buffer, signal: AbortSignal): Promise<boolean> {
  try {
    await ask(point, { timeout: PATIENCE, signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    // A refusal is an answer, too.
    return !isUnavailable(error) && !GONE.includes((error as NodeJS.ErrnoException).code);
  }
}

/** The errors of a mount whose server or daemon is gone. */
const GONE: readonly unknown[] = ['ENOTCONN', 'ECONNABORTED', 'EHOSTDOWN', 'ESTALE', 'EIO', 'ENOENT'];
