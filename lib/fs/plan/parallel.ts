// Runs many calls at a time, up to a limit, for composites that walk a tree.
import { InterruptError } from '../../call/errors';

/**
 * Lets at most `limit` calls be in flight. Of those that wait, the latest goes first: so a walk finishes the subtree
 * that it is in before it opens the next one, and the number that waits stays as small as the tree is deep.
 */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Takes a place if there is one. If not, returns false, and turn() waits for one. */
  enter(): boolean {
    if (this.#free === 0) return false;
    this.#free--;
    return true;
  }

  turn(): Promise<void> {
    return new Promise((go) => this.#waiting.push(go));
  }

  leave(): void {
    const next = this.#waiting.pop();
    if (next) next();
    else this.#free++;
  }
}

/**
 * Runs `each` for every item, `width` of them at a time. After a failure the rest is still done; after an interrupt it
 * is not. When nothing is under way any more, rejects with the first failure.
 */
export async function forEach<T>(
  items: readonly T[],
  width: number,
  each: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !stopped) {
      try {
        await each(items[next++] as T);
      } catch (error) {
        failures.push(error);
        if (error instanceof InterruptError) stopped = true;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
}
