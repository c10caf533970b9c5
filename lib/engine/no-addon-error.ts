// The error of what cannot be done without the addon.

/** There is no native addon that can be loaded here. */
export class NoAddonError extends Error {
  readonly code = 'ERR_PENDINGOP_NO_ADDON';
  /** Why: what this system is, what there is for others, what can be done. */
  readonly reason: string;

  constructor(reason: string, cause?: unknown, what?: string) {
    const message = what === undefined ? reason : `${what} needs the native addon. ${reason}`;
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }

  /** The same, of one thing that needs it. */
  for(what: string): NoAddonError {
    return new NoAddonError(this.reason, this.cause, what);
  }
}

Object.defineProperty(NoAddonError.prototype, 'name', {
  value: 'NoAddonError',
  configurable: true,
  writable: true,
});
