// Node's own functions as they were when this package was loaded: what our code calls once node:fs has been patched,
// by us or by others.
import { once } from '../util/once';

// What require() gives, not a copy that looks each of them up again.
const fs = require('node:fs') as typeof import('node:fs');

function copy(): Readonly<Record<string, unknown>> {
  const made = Object.getOwnPropertyDescriptors(fs) as PropertyDescriptorMap;
  for (const descriptor of Object.values(made)) {
    if (descriptor.get !== undefined) descriptor.get = once(descriptor.get.bind(fs));
    delete descriptor.set;
  }
  return Object.defineProperties({}, made);
}

/**
 * A copy: patches of the module do not reach it. What Node makes when it is first asked for (the classes of its streams,
 * which take a program's first millisecond) is not made before here, either.
 */
export const original = copy();

/** Of node:fs/promises, likewise. */
export const { watch: promisesWatch } = require('node:fs/promises') as typeof import('node:fs/promises');

export const {
  close,
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  opendirSync,
  readFileSync,
  readlinkSync,
  statfsSync,
  statSync,
} = fs;
