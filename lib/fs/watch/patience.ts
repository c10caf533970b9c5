// Notices that what a watcher waits for has stalled. Reports it once, and once more when it answers again.
import { outside } from '../../util/outside';
import { clearTimeout, setTimeout } from '../../util/timers';

/** ms without an answer after which a mount counts as stalled: kSilence of binding/core/health.cc. */
const SILENCE = 1000;

export class Patience {
  readonly #stalled: () => void;
  readonly #recovered: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isStalled = false;

  constructor(stalled: () => void, recovered: () => void) {
    this.#stalled = stalled;
    this.#recovered = recovered;
  }

  /** A request begins. The timer does not keep the event loop alive. */
  begin(): void {
    if (this.#isStalled) return;
    this.#timer = outside(() => setTimeout(() => this.lost(), SILENCE).unref());
  }

  answered(): void {
    this.end();
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#recovered();
  }

  /** The time is over, or no answer will come. */
  lost(): void {
    this.end();
    if (this.#isStalled) return;
    this.#isStalled = true;
    this.#stalled();
  }

  /** Nobody waits any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
