// The call that starts the launcher, which then becomes another program. The call is the package's own: it is not
// listed, and an interrupt of the op that it is made for waits for it.
import { enqueue } from '../engine';
import { Code, Ended } from '../engine/codes';
import type { Done } from '../engine/completion';
import type { EngineCall } from '../engine/engine-call';
import { systemError } from '../node/errno-error';

export interface Started {
  readonly pid: number;
  /** A stream socket to the launcher. */
  readonly fd: number;
}

const TYPE = { fn: 'start', code: Code.start };
/** The errno on Linux. */
const EINTR = 4;

class StartCall implements EngineCall {
  readonly type = TYPE;
  readonly internal = true;
  readonly path: string;
  readonly dest = undefined;
  readonly base = undefined;
  readonly destBase = undefined;
  readonly fd = -1;
  readonly i0 = 0;
  readonly i1 = 0;
  readonly d0 = 0;
  readonly d1 = 0;
  readonly d2 = 0;
  readonly data = undefined;
  vector = undefined;
  readonly into = undefined;
  readonly offset = 0;
  readonly length = 0;
  readonly work = undefined;
  readonly reads = false;
  slot = -1;
  readonly #settle: (started: Started | Error) => void;

  constructor(path: string, settle: (started: Started | Error) => void) {
    this.path = path;
    this.#settle = settle;
  }

  finish(done: Done): void {
    // The call was interrupted, for instance over the control socket.
    const result = done.outcome === Ended.completed ? done.value : -EINTR;
    if (result < 0) this.#settle(systemError(result, 'spawn'));
    else this.#settle({ pid: done.numbers()[done.at] as number, fd: result });
  }

  release(): void {}
}

/** Rejects with ENOSYS if no task can start the launcher. */
export function startLauncher(path: string): Promise<Started> {
  return new Promise((resolve, reject) =>
    enqueue(
      new StartCall(path, (started) => {
        if (started instanceof Error) reject(started);
        else resolve(started);
      }),
    ),
  );
}
