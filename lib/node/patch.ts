// What is known of the patch of node:fs: register.ts.

interface Patch {
  /**
   * Node makes some functions of others, which it looks up in node:fs: who puts another function there (a spy, a mock,
   * a retry) is called. Set while node:fs is patched; tells whether all of `names` are as we left them.
   */
  areOurs: ((names: readonly string[]) => boolean) | undefined;
  /** Set once there can be descriptors of ours: closing.ts. */
  closeSync: ((fd: number) => void) | undefined;
}

export const patch: Patch = { areOurs: undefined, closeSync: undefined };
