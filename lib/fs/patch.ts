// What is known of the patch of node:fs: register.ts.

/**
 * Node makes some functions of others, which it looks up in node:fs: who puts another function there (a spy, a mock, a
 * retry) is called. `areOurs` is set while node:fs is patched, and tells whether all of `names` are as we left them.
 */
export const patch: { areOurs: ((names: readonly string[]) => boolean) | undefined } = { areOurs: undefined };
