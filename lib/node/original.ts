// Node's own functions as they were when this package was loaded. This package calls them even if node:fs is patched
// later, by the hook or by others.
import { once } from '../util/once';

// require() returns the module itself; an import would be a copy that looks up each function again.
const fs = require('node:fs') as typeof import('node:fs');

function copy(): Readonly<Record<string, unknown>> {
  const made = Object.getOwnPropertyDescriptors(fs) as PropertyDescriptorMap;
  for (const descriptor of Object.values(made)) {
    if (descriptor.get !== undefined) descriptor.get = once(descriptor.get.bind(fs));
    delete descriptor.set;
  }
  // Without a prototype V8 makes it a dictionary from the start. Otherwise it makes a hidden class for each property, which
  // takes a million instructions of a program's start.
  return Object.defineProperties(Object.create(null), made);
}

/**
 * A copy, so that patches of the module do not reach it. Getters stay lazy: Node makes the classes of its streams when
 * they are first read, which takes about a millisecond of a program's start.
 */
export const original = copy();

/**
 * watch() of node:fs/promises. The hook asks for it before it patches that module; a program without the hook loads the
 * module when it watches.
 */
export const promisesWatch = once(
  () => (require('node:fs/promises') as typeof import('node:fs/promises')).watch,
);

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
