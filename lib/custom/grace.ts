// The timer of a grace: the time that an interrupted op has to end by itself.
import { now } from '../util/clock';
import { clearTimeout, setTimeout } from '../util/timers';

export class Grace {
  readonly #onEnd: () => void;
  #timer: NodeJS.Timeout | undefined;
  #end = Infinity;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Has the grace end in `ms`, unless it ends earlier already. */
  shorten(ms: number): void {
    const end = now() + ms;
    if (end >= this.#end) return;
    this.#end = end;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onEnd, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
