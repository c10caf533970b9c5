// What every call takes besides its arguments.

/** What becomes of bytes: text, or a Buffer. The default is the function's. */
export type Encoding = BufferEncoding | 'buffer' | null | undefined;

export interface CallOptions {
  /** Ends the call when it is aborted; the promise then rejects with an AbortError. */
  signal?: AbortSignal | undefined;
  /** Milliseconds from the call; the promise then rejects with a TimeoutError. 0 and Infinity: none. */
  timeout?: number | undefined;
}
