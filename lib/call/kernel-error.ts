// Makes the error of a call that the kernel refused from the call's completion.

import { native } from '../engine/addon';
import { Code, STALLED, Step } from '../engine/codes';
import type { Done } from '../engine/completion';
import { mountTable } from '../engine/mount-table';
import { systemError } from '../node/errno-error';
import { fileTooLarge } from '../node/errors';
import { textOf } from '../node/path-text';
import { isKnownToUv, namespaced, withoutPrefix } from '../node/windows';
import { StalledError } from './errors';
import type { Call } from './index';
import { pathText, wholePathOf } from './pending-op';

/** Reads the completion now, and returns a function that makes the error. */
export function failure(call: Call<unknown>, done: Done): () => Error {
  const step = done.step;
  const errno = done.value;
  if (errno === STALLED) {
    const path = wholePathOf(call);
    return () => new StalledError(mountTable().of(path), call.type.syscall, textOf(path));
  }
  if (step === Step.tooLarge) {
    const size = done.numbers()[done.at] as number;
    return () => fileTooLarge(size);
  }
  if (step === Step.own) {
    const { syscall } = call.type;
    if (call.fd >= 0) return () => systemError(errno, syscall);
    const path = call.type.code === Code.custom ? pathText(call) : failedPath(call, done);
    const dest = call.dest === undefined ? undefined : (errorPath(call.dest) ?? textOf(call.dest));
    return () => systemError(errno, syscall, path, dest);
  }
  const name = native.steps[step] as string;
  const named = name === 'open' || (call.type.inOneTrip === true && name !== 'close');
  const path = named ? errorPath(call.path) : undefined;
  return () => systemError(errno, name, path);
}

/** As Node shows it: on Windows what libuv was given. */
const errorPath = (path: string | Uint8Array): string | undefined => knownText(namespaced(path));

const knownText = (path: string | Uint8Array): string | undefined =>
  isKnownToUv(path) ? withoutPrefix(textOf(path)) : undefined;

/**
 * The path in the error. It has more than the caller gave for mkdtemp, the random letters; for mkdir it may be a part
 * of the path.
 */
function failedPath(call: Call<unknown>, done: Done): string | undefined {
  const { code, pathInErrors } = call.type;
  // The text of a link, and a prefix, are no paths.
  const isText = code === Code.symlink || code === Code.mkdtemp;
  const path = isText ? knownText(call.path) : errorPath(call.path);
  if (path === undefined || (call.dest !== undefined && errorPath(call.dest) === undefined)) return undefined;
  if (pathInErrors !== undefined) return pathInErrors(path);
  if (done.length === 0) return path;
  if (code === Code.mkdtemp) return path + done.text('latin1');
  return code === Code.mkdirp ? withoutPrefix(done.text('utf8')) : path;
}
