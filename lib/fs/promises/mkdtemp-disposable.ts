// mkdtempDisposable, of Node 24: a temporary directory that is removed when it is disposed of.
import type { ObjectEncodingOptions, PathLike } from 'node:fs';
import { resolve } from 'node:path';
import type { CallOptions } from '../../validate/call-options';
import { mkdtemp, rm } from './directories';

export interface DisposableDirectory {
  path: string;
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `signal` and `timeout` hold for making the directory; removing it has no limit. */
export async function mkdtempDisposable(
  prefix: PathLike,
  options?: (ObjectEncodingOptions & CallOptions) | BufferEncoding | null,
): Promise<DisposableDirectory> {
  const directory = process.cwd();
  const path = await mkdtemp(prefix as string, options);
  // Made absolute, since the working directory may be another one when the directory is removed.
  const whole = resolve(directory, path);
  const remove = (): Promise<void> => rm(whole, { recursive: true, force: true, retryDelay: 0 });
  return {
    __proto__: null,
    path,
    remove,
    async [Symbol.asyncDispose]() {
      await remove();
    },
  } as DisposableDirectory;
}
