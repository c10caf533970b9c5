// What other modules know of the patch of node:fs that register.ts makes.

interface Patch {
  /**
   * Returns whether all functions of these names are still those that the hook has put in place. Set while node:fs is
   * patched. Node builds some functions on others that it looks up in node:fs; if a program has replaced one of those
   * (by a spy, a mock, a retry), that one has to be called.
   */
  areOurs: ((names: readonly string[]) => boolean) | undefined;
  /** Set by closing.ts once there can be descriptors of this package's. */
  closeSync: ((fd: number) => void) | undefined;
}

export const patch: Patch = { areOurs: undefined, closeSync: undefined };
