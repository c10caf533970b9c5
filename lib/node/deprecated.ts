// Functions of Node's that warn when they are called, because of --pending-deprecation.

/** Returns whether a call of the function prints a warning, or throws with --throw-deprecation. */
export const warns = (value: unknown): boolean => typeof value === 'function' && value.name === 'deprecated';
