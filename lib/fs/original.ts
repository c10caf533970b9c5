// Node's own functions as they were when this package was loaded: what our code calls once node:fs has been patched,
// by us or by others.
import * as fs from 'node:fs';

/** A copy: patches of the module do not reach it. */
export const original: Readonly<Record<string, unknown>> = { ...fs };

export const {
  close,
  closeSync,
  createReadStream,
  createWriteStream,
  opendirSync,
  readFileSync,
  readlinkSync,
  ReadStream,
  statfsSync,
  statSync,
  symlinkSync,
  WriteStream,
} = fs;
