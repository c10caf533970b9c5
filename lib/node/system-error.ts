// Node's SystemError. `rm` and `cp` reject with it for a mistake in the call, as against a failure of the kernel.
import { type InspectOptions, inspect } from 'node:util';

/** The failure in the form in which the kernel reports one. */
export interface SystemErrorInfo {
  code: string;
  message: string;
  syscall: string;
  errno: number;
  /** As the caller gave it. */
  path?: string | Uint8Array;
  dest?: string | Uint8Array;
}

export class SystemError extends Error {
  declare code: string;
  declare readonly info: SystemErrorInfo;
  declare errno: number;
  declare syscall: string;
  declare path?: string;
  declare dest?: string;

  constructor(code: string, prefix: string, info: SystemErrorInfo) {
    super();
    this.code = code;
    const hidden = { configurable: true, enumerable: false, writable: true };
    let message = `${prefix}: ${info.syscall} returned ${info.code} (${info.message})`;
    if (info.path !== undefined) message += ` ${info.path}`;
    if (info.dest !== undefined) message += ` => ${info.dest}`;
    Object.defineProperty(this, 'name', { ...hidden, value: `SystemError [${code}]` });
    Object.defineProperty(this, 'message', { ...hidden, value: message });
    // V8 writes the header of the stack when it is first read: here, with the code in the name.
    void this.stack;
    Object.defineProperty(this, 'name', { ...hidden, value: 'SystemError' });
    Object.defineProperty(this, 'info', {
      configurable: true,
      enumerable: true,
      writable: false,
      value: info,
    });
    for (const key of ['errno', 'syscall'] as const) {
      this.#mirror(
        key,
        () => info[key],
        (value) => Object.assign(info, { [key]: value }),
      );
    }
    // As in Node, reading the property returns text whatever the caller gave; after an assignment, `info` holds bytes.
    for (const key of ['path', 'dest'] as const) {
      if (info[key] === undefined) continue;
      this.#mirror(
        key,
        () => info[key]?.toString(),
        (value) => Object.assign(info, { [key]: value ? Buffer.from(String(value)) : undefined }),
      );
    }
  }

  #mirror(key: string, get: () => unknown, set: (value: unknown) => void): void {
    Object.defineProperty(this, key, { configurable: true, enumerable: true, get, set });
  }

  override toString(): string {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return inspect(this, { ...options, getters: true, customInspect: false });
  }
}

// EISDIR has this number on every platform that Node runs on.
const EISDIR = 21;

/** rm() of a directory without `recursive`. */
export function pathIsDirectory(path: string | Uint8Array, syscall = 'rm'): SystemError {
  const info = { code: 'EISDIR', message: 'is a directory', path, syscall, errno: EISDIR };
  return new SystemError('ERR_FS_EISDIR', 'Path is a directory', info);
}
