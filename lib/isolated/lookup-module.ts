// The module that lookup() runs in its helper: Node's own look-up.
import dns, { type LookupAddress, type LookupOptions } from 'node:dns';

type Order = Parameters<typeof dns.setDefaultResultOrder>[0];

/** `order`: the default order of the parent, which may have changed since the last call. */
export default function lookup(
  hostname: string,
  options: LookupOptions,
  order: Order,
): Promise<[address: string | LookupAddress[], family?: number]> {
  dns.setDefaultResultOrder(order);
  return new Promise((resolve, reject) => {
    dns.lookup(hostname, options, (error, address, family) => {
      if (error) reject(error);
      else resolve([address, family]);
    });
  });
}
