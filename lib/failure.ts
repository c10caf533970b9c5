// The error of a call that the kernel refused, out of its completion.
import type { Call } from './call';
import { Code, Step } from './codes';
import type { Done } from './completion';
import { systemError } from './errors';
import { fileTooLarge } from './fs/node-errors';
import { native } from './native';
import { pathText } from './pending-op';
import { textOf } from './text';

/** Reads the completion now, and makes the error when it is asked to. */
export function failure(call: Call<unknown>, done: Done): () => Error {
  const step = done.step;
  const errno = done.value;
  if (step === Step.tooLarge) {
    const size = done.numbers()[done.at] as number;
    return () => fileTooLarge(size);
  }
  if (step === Step.own) {
    const { syscall } = call.type;
    if (call.fd >= 0) return () => systemError(errno, syscall);
    const path = call.type.code === Code.custom ? pathText(call) : failedPath(call, done);
    const dest = call.dest === undefined ? undefined : textOf(call.dest);
    return () => systemError(errno, syscall, path, dest);
  }
  const name = native.steps[step] as string;
  const path = name === 'open' ? textOf(call.path) : undefined;
  return () => systemError(errno, name, path);
}

/** Made of more than was asked for: the letters that mkdtemp put behind the prefix, the part of mkdir's path. */
function failedPath(call: Call<unknown>, done: Done): string {
  const path = textOf(call.path);
  const { code } = call.type;
  if (done.length === 0) return path;
  if (code === Code.mkdtemp) return path + done.text('latin1');
  return code === Code.mkdirp ? done.text('utf8') : path;
}
