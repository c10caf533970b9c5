// The error of functions that cannot work without the addon.

/** Thrown by what needs the native addon, if no addon can be loaded: see `supported`. */
export class NoAddonError extends Error {
  /** Always `ERR_PENDINGOP_NO_ADDON`. */
  readonly code = 'ERR_PENDINGOP_NO_ADDON';
  /** Why there is no addon: what this system is, for which systems there are addons, and what can be done. */
  readonly reason: string;

  /** Errors of this class are made by this package. */
  constructor(reason: string, cause?: unknown, what?: string) {
    const message = what === undefined ? reason : `${what} needs the native addon. ${reason}`;
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }

  /** Returns the same error with a message about `what`, which needs the addon. */
  for(what: string): NoAddonError {
    return new NoAddonError(this.reason, this.cause, what);
  }
}

Object.defineProperty(NoAddonError.prototype, 'name', {
  value: 'NoAddonError',
  configurable: true,
  writable: true,
});
