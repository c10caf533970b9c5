// Many calls at a time, and not too many: for composites that walk a tree.
import { InterruptError } from '../../call/errors';

/**
 * Lets `limit` calls be in flight. Who came last goes first: a walk then finishes the subtree it is in before it
 * opens the next one, and what waits stays as small as the tree is deep.
 */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Whether there is room; where there is none, turn() waits for it. */
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
 * Does `each` for every item, `width` of them at a time. A failure does not keep the rest from being done, an
 * interrupt does. Rejects with the first failure, when nothing is under way any more.
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
