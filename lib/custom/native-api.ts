// Functions of other native addons as calls: the JavaScript side of include/pendingop.h.
import { join } from 'node:path';
import { Call } from '../call';
import { attached } from '../engine';
import { type NativeStart, type NativeWork, native } from '../engine/addon';
import type { CallOptions } from '../validate/call-options';
import { validateNames } from '../validate/values';
import { customInfo, customType } from './info';

const OPTIONS = new Set(['signal', 'timeout']);

/** Throws only before the call begins. From then on the call owns the work. */
const start: NativeStart = (work, fn, kind, params, path, options = null) => {
  const info = customInfo('call', fn, kind, params, path);
  if (options !== null) validateNames(options, OPTIONS);
  const type = customType<unknown>(info, {
    result: (_done, call) => attached()?.takeValue(call.slot),
    settled: (call) => native.drop(call.work as NativeWork),
  });
  const call = new Call(type, info.params, options as CallOptions | null);
  call.path = info.path;
  call.work = work;
  return call.start();
};

/**
 * The value that another native addon passes to `pendingop_get()` of `pendingop.h`. With it the addon runs its own
 * blocking functions on the workers, listed and interruptible: docs/native-addons.md. It belongs to this environment: each
 * worker thread has its own. Without an addon of this package `pendingop_get()` fails.
 *
 * @example
 * ```ts
 * import { createRequire } from 'node:module';
 * import { nativeApi } from 'pendingop';
 * const addon = createRequire(import.meta.url)('./build/Release/my-addon.node');
 * addon.setUp(nativeApi); // calls pendingop_get() with it
 * ```
 */
export const nativeApi: object = native.nativeApi(start);

/** The absolute path of the folder of `pendingop.h`, for the include path of a compiler. */
export const include: string = join(__dirname, '../..', 'include');
