// The reads of one stream: destroying the stream interrupts the read in flight.

export interface Destroyable {
  _destroy(error: Error | null, done: (error?: Error | null) => void): void;
}

export class Reading {
  #controller: AbortController | undefined;
  #signal: AbortSignal | undefined;
  #inFlight = 0;

  /** A read begins. Returns its signal. `own`: the signal of the stream, once the stream has it. */
  begin(own: AbortSignal | null | undefined): AbortSignal {
    this.#inFlight++;
    this.#controller ??= new AbortController();
    this.#signal ??= own ? AbortSignal.any([own, this.#controller.signal]) : this.#controller.signal;
    return this.#signal;
  }

  /** A read is over. Returns whether the end of the stream has ended it, which is no failure. */
  end(): boolean {
    this.#inFlight--;
    return this.#controller?.signal.aborted === true;
  }

  /** Called before the stream's first read. */
  watch(stream: Destroyable): void {
    const destroy = stream._destroy;
    const value = (error: Error | null, done: (error?: Error | null) => void): void => {
      if (this.#inFlight > 0) this.#controller?.abort();
      destroy.call(stream, error, done);
    };
    Object.defineProperty(stream, '_destroy', { value, configurable: true, writable: true });
  }
}
