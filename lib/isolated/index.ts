// Blocking calls in helper processes: what a program that needs none of it does not load.
import type { LookupAddress, LookupAllOptions, LookupOneOptions, LookupOptions } from 'node:dns';
import { promisify } from 'node:util';
import type { CallOptions } from '../validate/call-options';
import type { IsolatedOptions } from './run-isolated';

export type { IsolatedOptions } from './run-isolated';

type Failure = NodeJS.ErrnoException | null;
type OneCallback = (error: Failure, address: string, family: number) => void;
type AllCallback = (error: Failure, addresses: LookupAddress[]) => void;
type AnyCallback = (error: Failure, address: string | LookupAddress[], family: number) => void;

/** dns.lookup(), with `signal` and `timeout` among its options. */
export interface Lookup {
  (hostname: string, family: number, callback: OneCallback): void;
  (hostname: string, options: LookupOneOptions & CallOptions, callback: OneCallback): void;
  (hostname: string, options: LookupAllOptions & CallOptions, callback: AllCallback): void;
  (hostname: string, options: LookupOptions & CallOptions, callback: AnyCallback): void;
  (hostname: string, callback: OneCallback): void;
  __promisify__: {
    (hostname: string, options: LookupAllOptions & CallOptions): Promise<LookupAddress[]>;
    (hostname: string, options?: (LookupOneOptions & CallOptions) | number): Promise<LookupAddress>;
    (hostname: string, options: LookupOptions & CallOptions): Promise<LookupAddress | LookupAddress[]>;
  };
}

const loadLookup = (): typeof import('./lookup') => require('./lookup');
const loadRunIsolated = (): typeof import('./run-isolated') => require('./run-isolated');

/**
 * dns.lookup(), for wherever that is taken: also as the `lookup` option of http and net. getaddrinfo runs in a helper
 * process, so that it can be ended; listed as `Net`.
 */
export const lookup = function lookup(...args: unknown[]): object {
  return loadLookup().lookup(...args);
} as unknown as Lookup;

Object.defineProperty(lookup, promisify.custom, {
  value: (...args: Parameters<typeof import('./lookup').lookupPromise>) =>
    loadLookup().lookupPromise(...args),
});

/**
 * Calls the function that a module exports as its default, in a helper process: for native code that blocks and cannot
 * be interrupted. Interrupting the call ends the process. Arguments, result and what is thrown are copied.
 */
export function runIsolated<T = unknown>(
  modulePath: string | URL,
  args?: readonly unknown[],
  options?: IsolatedOptions,
): Promise<T> {
  return loadRunIsolated().runIsolated<T>(modulePath, args, options);
}
