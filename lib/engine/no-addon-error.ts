// The error of what cannot be done without the addon.

/** What was called needs the native addon, and there is none that can be loaded here: see `supported`. */
export class NoAddonError extends Error {
  /** Always `ERR_PENDINGOP_NO_ADDON`. */
  readonly code = 'ERR_PENDINGOP_NO_ADDON';
  /** Why: the system that this is, the systems that there are addons for, and what can be done. */
  readonly reason: string;

  /** Errors of this class are made by this package. */
  constructor(reason: string, cause?: unknown, what?: string) {
    const message = what === undefined ? reason : `${what} needs the native addon. ${reason}`;
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }

  /** The same error, of one thing that needs the addon. */
  for(what: string): NoAddonError {
    return new NoAddonError(this.reason, this.cause, what);
  }
}

Object.defineProperty(NoAddonError.prototype, 'name', {
  value: 'NoAddonError',
  configurable: true,
  writable: true,
});
