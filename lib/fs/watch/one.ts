// Watches one file or one folder: passes on the kernel's events.
import type { CallType } from '../../call/type';
import { Code } from '../../engine/codes';
import { setWatch } from '../../engine/operands';
import { systemError } from '../../node/errno-error';
import type { CallOptions, Encoding } from '../../validate/call-options';
import { PATH, type Path, pathCall } from '../requests/request';
import type { Steps } from './drive';
import type { Source, Told } from './fs-watcher';
import { type Ear, type EventType, listen, openQueue, silence } from './marks';

const WATCH: CallType<number> = {
  ...{ fn: 'watch', code: Code.watch, syscall: 'watch', kind: PATH, changes: false },
  result: (done) => done.value,
};

/** Adds a listener for its path. `shown`: the arguments of watch(), for the table. */
export function* hearOf(ear: Ear, shown: readonly unknown[], limits: () => CallOptions): Steps<void> {
  yield* listen(ear, () => {
    const queue = openQueue();
    // The queue could not be opened, for want of a descriptor or a thread. The error is that failure, not the one of a
    // watch without a queue.
    if (queue < 0) throw systemError(queue, 'watch');
    const call = pathCall(WATCH, ear.path, shown, limits());
    setWatch(call, queue);
    return call;
  });
}

export class One implements Source, Ear {
  readonly path: Path;
  readonly #told: Told;
  readonly #encoding: Encoding;
  readonly #shown: readonly unknown[];

  constructor(told: Told, path: Path, encoding: Encoding, shown: readonly unknown[]) {
    this.path = path;
    this.#told = told;
    this.#encoding = encoding;
    this.#shown = shown;
  }

  *setUp(limits: () => CallOptions): Steps<void> {
    yield* hearOf(this, this.#shown, limits);
  }

  hear(type: EventType, name: Buffer): void {
    const encoding = this.#encoding || 'utf8';
    this.#told.change(type, encoding === 'buffer' ? Buffer.from(name) : name.toString(encoding));
  }

  end(): void {
    silence(this);
  }
}
