// Random choices, determined by a seed.

// A local name: jest looks up globals slowly.
const { imul } = Math;

export class Random {
  #state: number;

  /** Makes the same numbers from the same parts of a seed. */
  constructor(...parts: number[]) {
    this.#state = 0x2545f491;
    for (const part of parts) {
      this.#state ^= part >>> 0;
      this.#state = this.#next();
    }
  }

  #next(): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(count: number): number {
    return this.#next() % count;
  }

  chance(one: number, of: number): boolean {
    return this.below(of) < one;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Returns one of the values, by their weights. */
  weighted<T>(values: readonly (readonly [T, number])[]): T {
    let at = this.below(values.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [value, weight] of values) {
      at -= weight;
      if (at < 0) return value;
    }
    throw new Error('no values');
  }
}
