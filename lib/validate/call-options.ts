// What every call takes besides its arguments.

/** What becomes of bytes: text, or a Buffer. The default is the function's. */
export type Encoding = BufferEncoding | 'buffer' | null | undefined;

/** What ends one call: options that every asynchronous call of this package takes. */
export interface CallOptions {
  /**
   * Ends the call when it is aborted; the promise then rejects with an AbortError whose `cause` is the signal's
   * reason.
   * @default none
   */
  signal?: AbortSignal | undefined;
  /**
   * ms from the call, the time in the queue included; the promise then rejects with a TimeoutError. 0 and Infinity:
   * none.
   * @default the `timeout` of configure(), none at first
   */
  timeout?: number | undefined;
}
