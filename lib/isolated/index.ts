// lookup() and runIsolated(): blocking calls in helper processes. What carries them out is loaded with the first call.
import type { LookupAddress, LookupAllOptions, LookupOneOptions, LookupOptions } from 'node:dns';
import { promisify } from 'node:util';
import type { CallOptions } from '../validate/call-options';
import type { IsolatedOptions } from './run-isolated';

export type { IsolatedOptions } from './run-isolated';

type Failure = NodeJS.ErrnoException | null;
type OneCallback = (error: Failure, address: string, family: number) => void;
type AllCallback = (error: Failure, addresses: LookupAddress[]) => void;
type AnyCallback = (error: Failure, address: string | LookupAddress[], family: number) => void;

/** The type of dns.lookup(), with `signal` and `timeout` (ms) among the options. */
export interface Lookup {
  (hostname: string, family: number, callback: OneCallback): void;
  (hostname: string, options: LookupOneOptions & CallOptions, callback: OneCallback): void;
  (hostname: string, options: LookupAllOptions & CallOptions, callback: AllCallback): void;
  (hostname: string, options: LookupOptions & CallOptions, callback: AnyCallback): void;
  (hostname: string, callback: OneCallback): void;
  /** The type that util.promisify() returns for it. */
  __promisify__: {
    (hostname: string, options: LookupAllOptions & CallOptions): Promise<LookupAddress[]>;
    (hostname: string, options?: (LookupOneOptions & CallOptions) | number): Promise<LookupAddress>;
    (hostname: string, options: LookupOptions & CallOptions): Promise<LookupAddress | LookupAddress[]>;
  };
}

const loadLookup = (): typeof import('./lookup') => require('./lookup');
const loadRunIsolated = (): typeof import('./run-isolated') => require('./run-isolated');

/**
 * dns.lookup() that can be interrupted: getaddrinfo runs in a helper process. Call it, or pass it as the option
 * `lookup` of http, https and net. Listed with the kind `Net`.
 *
 * @example
 * ```ts
 * import { get } from 'node:https';
 * import { lookup } from 'pendingop';
 * lookup('example.org', { timeout: 2000 }, (error, address) => console.log(error ?? address));
 * get('https://example.org/', { lookup });
 * ```
 */
export const lookup = function lookup(...args: unknown[]): object {
  return loadLookup().lookup(...args);
} as unknown as Lookup;

Object.defineProperty(lookup, promisify.custom, {
  value: (...args: Parameters<typeof import('./lookup').lookupPromise>) =>
    loadLookup().lookupPromise(...args),
});

/**
 * Calls the default export of a module in a helper process, for native code that blocks and cannot be interrupted.
 * Interrupting the call ends that process.
 *
 * @param modulePath - the path or `file:` URL of the module
 * @param args - the arguments of the function, copied
 * @param options - `timeout` (ms), `signal`, and whether calls share a process
 * @returns a promise of what the function returns, copied
 * @throws as rejections: what the function throws, copied; InterruptError, AbortError, TimeoutError
 * @example
 * ```ts
 * import { runIsolated } from 'pendingop';
 * const size = await runIsolated<number>('./measure.cjs', ['/mnt/nas'], { timeout: 5000 });
 * ```
 */
export function runIsolated<T = unknown>(
  modulePath: string | URL,
  args?: readonly unknown[],
  options?: IsolatedOptions,
): Promise<T> {
  return loadRunIsolated().runIsolated<T>(modulePath, args, options);
}
