// What the calls of trackOp() in these tests wait for.

/** A promise with the functions that settle it. */
export function gate<T>(): { promise: Promise<T>; open(value: T): void; fail(error: unknown): void } {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

/** A handler that ends nothing. */
export const nothing = (): void => undefined;
