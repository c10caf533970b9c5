// What configure() sets.
export const settings = {
  /** ms between an interrupt and the moment its caller is free, whatever the kernel does. */
  grace: 100,
  captureStacks: false,
  /** Whose workers can be killed: configure(). */
  killable: 'auto' as 'auto' | 'always' | 'never',
};

/** What the environment sets for programs that know nothing of this package. */
export const defaults = {
  /** ms that a call without a timeout of its own may take; 0: any time. */
  timeout: 0,
};
