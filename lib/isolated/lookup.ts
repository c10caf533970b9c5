// lookup(): dns.lookup() that can be interrupted. getaddrinfo cannot, so it runs in a helper process.
//
// Node's own function checks the arguments, and answers if no look-up is needed (an address is no name to look up), so
// that both are as in the Node that runs.
import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { nextTick } from 'node:process';
import { OpKind } from '../engine/codes';
import type { CallOptions } from '../validate/call-options';
import { validateSignal, validateTimeout } from '../validate/values';
import { Helpers } from './helpers';
import { isolated } from './run-isolated';

/** The number of look-ups that run at once: libuv gives them half of its threads. */
const AT_ONCE = 64;

type Callback = (error: Error | null, address?: string | LookupAddress[], family?: number) => void;
type Answer = [address: string | LookupAddress[], family?: number];

// Node's functions as they were before a program may have replaced lookup().
const { lookup: original, getDefaultResultOrder } = dns;
const nodeLookup = original as unknown as (...args: unknown[]) => object;

const helpers = new Helpers({ module: join(__dirname, 'lookup-module.js'), threads: 2 * AT_ONCE }, true);

const isName = (hostname: unknown): hostname is string =>
  typeof hostname === 'string' && hostname !== '' && isIP(hostname) === 0;

function ask(hostname: string, options: LookupOptions & CallOptions): Promise<Answer> {
  const { signal, timeout, ...shown } = options;
  const { family, hints, all, verbatim, order } = options as LookupOptions & { order?: string };
  const info = { fn: 'lookup', kind: OpKind.Top | OpKind.Net, effect: false, params: [hostname, shown] };
  const asked = { family, hints, all, verbatim, order };
  const call = isolated(helpers, info, [hostname, asked, getDefaultResultOrder()], { signal, timeout });
  return call as Promise<Answer>;
}

function optionsOf(given: unknown): LookupOptions & CallOptions {
  if (typeof given === 'number') return { family: given };
  const options = (typeof given === 'object' && given !== null ? given : {}) as LookupOptions & CallOptions;
  validateSignal(options.signal);
  validateTimeout(options.timeout);
  return options;
}

export function lookup(...args: unknown[]): object {
  const [hostname, given] = args;
  const callback = args[typeof given === 'function' ? 1 : 2] as Callback;
  const wrong = typeof callback !== 'function' || typeof hostname !== 'string';
  if (wrong) return nodeLookup(isName(hostname) ? '::' : hostname, ...args.slice(1));
  // Node checks the arguments. '::' is an address, so nothing is looked up.
  nodeLookup('::', typeof given === 'function' ? {} : given, () => undefined);
  const options = optionsOf(given);
  if (!isName(hostname) && options.signal?.aborted !== true) return nodeLookup(...args);
  ask(hostname, options).then(
    ([address, family]) => {
      if (family === undefined) nextTick(callback, null, address);
      else nextTick(callback, null, address, family);
    },
    (error: Error) => nextTick(callback, error),
  );
  return {};
}

/** The function that util.promisify() returns for lookup(). */
export async function lookupPromise(
  hostname: string,
  options?: LookupOptions & CallOptions,
): Promise<LookupAddress | LookupAddress[]> {
  const [address, family] = await new Promise<Answer>((resolve, reject) => {
    const callback: Callback = (error, ...answer) => (error ? reject(error) : resolve(answer as Answer));
    if (options === undefined) lookup(hostname, callback);
    else lookup(hostname, options, callback);
  });
  return Array.isArray(address) ? address : { address, family: family as number };
}
