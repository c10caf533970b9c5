// lookup(): dns.lookup() with an end. getaddrinfo cannot be interrupted, so it runs in a helper process.
//
// What is checked, and how what needs no look-up is answered, is left to Node's own function, so that it is as in the
// version of Node that runs: an address is no name to look up.
import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { nextTick } from 'node:process';
import { OpKind } from '../engine/codes';
import type { CallOptions } from '../validate/call-options';
import { validateSignal, validateTimeout } from '../validate/values';
import { Helpers } from './helpers';
import { isolated } from './run-isolated';

/** libuv gives half of its threads to look-ups: so many run at once. */
const AT_ONCE = 64;

type Callback = (error: Error | null, address?: string | LookupAddress[], family?: number) => void;
type Answer = [address: string | LookupAddress[], family?: number];

// As they were before somebody may have put lookup() in their place.
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
  // Checks the arguments, and looks nothing up.
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

/** What util.promisify() makes of it. */
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
