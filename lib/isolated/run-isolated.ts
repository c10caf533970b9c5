// runIsolated(): a function in a helper process, as an op.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { track } from '../custom/track-op';
import { OpKind } from '../engine/codes';
import { argType, argValue } from '../node/errors';
import type { CallOptions } from '../validate/call-options';
import { validateBoolean, validateNames } from '../validate/values';
import { type HelperCall, Helpers } from './helpers';

/** How runIsolated() uses helper processes. */
export interface IsolatedOptions extends CallOptions {
  /**
   * Whether calls of the same module share one helper process and run in it at the same time. If one of them is
   * interrupted, the process ends, and the others are made again in a new one: for functions that may be called twice.
   * If false, each call has a helper process for itself, and is never made again.
   * @default false
   */
  shared?: boolean | undefined;
}

const OPTIONS = new Set(['shared', 'signal', 'timeout']);
const pools = new Map<string, Helpers>();

function poolOf(module: string, shared: boolean): Helpers {
  const key = `${shared ? 's' : 'o'}${module}`;
  let pool = pools.get(key);
  if (pool === undefined) {
    pool = new Helpers({ module, threads: 0 }, shared);
    pools.set(key, pool);
  }
  return pool;
}

function modulePath(path: unknown): string {
  if (path instanceof URL) return fileURLToPath(path);
  if (typeof path !== 'string') throw argType('modulePath', 'of type string or an instance of URL', path);
  if (path === '' || path.includes('\0')) throw argValue('modulePath', path, 'must be the path of a module');
  return path.startsWith('file:') ? fileURLToPath(path) : resolve(path);
}

export function runIsolated<T = unknown>(
  path: string | URL,
  args: readonly unknown[] = [],
  options: IsolatedOptions = {},
): Promise<T> {
  try {
    const module = modulePath(path);
    if (!Array.isArray(args)) throw argType('args', 'an instance of Array', args);
    validateNames(options, OPTIONS);
    const { shared = false, ...ends } = options;
    validateBoolean(shared, 'options.shared');
    const info = {
      fn: 'runIsolated',
      kind: OpKind.Top | OpKind.Process,
      effect: true,
      pathname: module,
      params: [...args],
    };
    return isolated(poolOf(module, shared), info, args, ends) as Promise<T>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What the table and the error of an interrupt show. */
export interface IsolatedInfo {
  fn: string;
  kind: number;
  /** Whether the call may change anything. */
  effect: boolean;
  params: unknown[];
  pathname?: string;
}

/** Makes a call in one of the helpers. */
export function isolated(
  helpers: Helpers,
  info: IsolatedInfo,
  args: readonly unknown[],
  ends: CallOptions,
): Promise<unknown> {
  let call: HelperCall | undefined;
  const { effect, ...shown } = info;
  const { signal, timeout } = ends;
  return track(
    { ...shown, signal, timeout, onInterrupt: () => call?.end() },
    () => {
      call = helpers.call(args);
      return call.done;
    },
    { outcome: () => call?.outcome() ?? 'interrupted', effect },
  );
}
