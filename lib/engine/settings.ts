// The settings of configure().
export const settings = {
  /** The ms between an interrupt and the moment when the caller is free, whatever the kernel does. */
  grace: 100,
  captureStacks: false,
  /** Which workers can be killed, as configure() documents. */
  killable: 'auto' as 'auto' | 'always' | 'never',
};

/** Settings that also reach programs that know nothing of this package, through the environment. */
export const defaults = {
  /** The ms that a call without a timeout of its own may take; 0: any time. */
  timeout: 0,
};
