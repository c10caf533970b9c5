// Compiled, never run: the types of pendingop/lock, and of lookup() and runIsolated().
import type dns from 'node:dns';
import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import net from 'node:net';
import { promisify } from 'node:util';
import { open } from '../../lib/fs/promises';
import { lookup, runIsolated } from '../../lib/isolated';
import { FileLock, type LockOptions, lock, tryLock } from '../../lib/lock';

export async function locks(path: string | Buffer | URL, signal: AbortSignal): Promise<void> {
  const options: LockOptions = { kind: 'fcntl', shared: true, start: 0, length: 10, signal, timeout: 5 };
  await using held = await lock(path, options);
  held satisfies FileLock;
  held.kind satisfies 'flock' | 'fcntl';
  const maybe = await tryLock(await open('x'), { create: undefined });
  maybe?.held satisfies boolean | undefined;
  // @ts-expect-error perhaps somebody else holds it
  await maybe.release();
  // @ts-expect-error a kind that there is not
  await lock(path, { kind: 'lockf' });
  // @ts-expect-error an option that there is not
  await lock(path, { exclusive: true });
  // @ts-expect-error a descriptor is no file
  await lock(3);
  // @ts-expect-error it is made by lock()
  new FileLock();
  // @ts-expect-error read-only
  held.shared = true;
}

/** Wherever Node's own is taken. */
export const option: net.LookupFunction = lookup;
export const same: typeof dns.lookup = lookup;

export async function lookups(signal: AbortSignal): Promise<void> {
  lookup('x', (error, address, family) => {
    error satisfies NodeJS.ErrnoException | null;
    address satisfies string;
    family satisfies number;
  });
  lookup('x', { all: true, signal, timeout: 5 }, (_error, addresses) => {
    addresses satisfies LookupAddress[];
  });
  http.get({ host: 'x', lookup });
  net.connect({ host: 'x', port: 1, lookup });
  (await promisify(lookup)('x', { timeout: 5 })) satisfies LookupAddress;
  (await promisify(lookup)('x', { all: true, signal })) satisfies LookupAddress[];
  // @ts-expect-error the callback is missing
  lookup('x');
}

export async function isolated(signal: AbortSignal): Promise<void> {
  (await runIsolated<number>('./x.js', [1, 'two'], { signal, timeout: 5, shared: true })) satisfies number;
  (await runIsolated(new URL('file:///x.js'))) satisfies unknown;
  // @ts-expect-error arguments are a list
  await runIsolated('./x.js', 1);
  // @ts-expect-error an option that there is not
  await runIsolated('./x.js', [], { shard: true });
}
