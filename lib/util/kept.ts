// What earlier processes of the same Node have kept in the folder of the package, beside V8's code cache.

interface Keeper {
  /** Returns the bytes that were kept under this name. */
  read?(name: string): Buffer | undefined;
  /** Keeps bytes for later processes. `isRejected`: there are some that do not serve, which stay for a day. */
  write?(name: string, data: Buffer, isRejected: boolean): void;
}

/** loading/load.ts puts its functions here. It has none where it may keep nothing. */
export const keeper: Keeper = {};
