// What configure() sets.
export const settings = {
  /** ms between an interrupt and the moment its caller is free, whatever the kernel does. */
  grace: 100,
  captureStacks: false,
};
