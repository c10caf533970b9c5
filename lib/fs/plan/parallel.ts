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
 * Runs `each` for every item, `width` of them at a time. After an interrupt, and with `stops` after any failure, no
 * further item is begun. When nothing is under way any more, rejects with the failure of the item that comes first.
 */
export async function forEach<T>(
  items: readonly T[],
  width: number,
  each: (item: T) => Promise<void>,
  stops = false,
): Promise<void> {
  let first: { readonly index: number; readonly error: unknown } | undefined;
  let next = 0;
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !stopped) {
      const index = next++;
      try {
        await each(items[index] as T);
      } catch (error) {
        if (first === undefined || index < first.index) first = { index, error };
        if (stops || error instanceof InterruptError) stopped = true;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  if (first !== undefined) throw first.error;
}
