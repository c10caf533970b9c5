// The function that does nothing.
export const noop = (): void => undefined;
