// The options that every call takes besides its arguments.

/** How bytes are returned: as text in an encoding, or as a Buffer. Left out, the default of the function holds. */
export type Encoding = BufferEncoding | 'buffer' | null | undefined;

/** The options that every asynchronous call of this package takes: what ends the call. */
export interface CallOptions {
  /**
   * Ends the call when it is aborted. The promise then rejects with an AbortError whose `cause` is the signal's reason.
   * @default none
   */
  signal?: AbortSignal | undefined;
  /**
   * ms from the call, the time in the queue included. The promise then rejects with a TimeoutError. 0 and `Infinity`:
   * no timeout.
   * @default the `timeout` of configure(), none at first
   */
  timeout?: number | undefined;
}
