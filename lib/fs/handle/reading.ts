// The reads of one stream: destroying the stream interrupts the read that is in flight.

export interface Destroyable {
  _destroy(error: Error | null, done: (error?: Error | null) => void): void;
}

export class Reading {
  #controller: AbortController | undefined;
  #signal: AbortSignal | undefined;
  #inFlight = 0;

  /** A read begins; returns its signal. `own`: the stream's, once the stream has taken it. */
  begin(own: AbortSignal | null | undefined): AbortSignal {
    this.#inFlight++;
    this.#controller ??= new AbortController();
    this.#signal ??= own ? AbortSignal.any([own, this.#controller.signal]) : this.#controller.signal;
    return this.#signal;
  }

  /** A read is over; returns whether the stream's end has ended it, which is no failure. */
  end(): boolean {
    this.#inFlight--;
    return this.#controller?.signal.aborted === true;
  }

  /** To be called before the stream's first read. */
  watch(stream: Destroyable): void {
    const destroy = stream._destroy;
    const value = (error: Error | null, done: (error?: Error | null) => void): void => {
      if (this.#inFlight > 0) this.#controller?.abort();
      destroy.call(stream, error, done);
    };
    Object.defineProperty(stream, '_destroy', { value, configurable: true, writable: true });
  }
}
