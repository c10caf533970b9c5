// A request states one function of node:fs: it checks the arguments and fills the operands of the call. The forms with
// promises, with callbacks, the synchronous ones and the methods of FileHandle are made from it.
import { Call } from '../../call';
import type { CallType } from '../../call/type';
import { OpKind } from '../../engine/codes';
import { callOptions, parseOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { validateInt32 } from '../../validate/values';

export const FILE = OpKind.Top | OpKind.File;
export const DIR = OpKind.Top | OpKind.Dir;
export const PATH = OpKind.Top | OpKind.Path;

export type Path = string | Uint8Array;

/** Returns the type of a call that resolves to undefined. */
export function voidType(
  fn: string,
  code: number,
  syscall: string,
  kind: number,
  changes: boolean,
): CallType<void> {
  return { fn, code, syscall, kind, changes, result: () => undefined };
}

export interface Request<T> {
  readonly type: CallType<T>;
  /** The names of the arguments before the options. Optional ones end with `?`. */
  readonly takes: readonly string[];
  /**
   * Returns a call that is ready to start. Throws the error with which Node's promise function rejects. `args`: the
   * arguments before the options. `shown`: what params() of the pending op shows.
   */
  build(args: readonly unknown[], shown: readonly unknown[], options: unknown): Call<T>;
}

/** Fills the operands of a call from the arguments behind its path or descriptor. */
export type FillOperands = (call: Call<unknown>, first: unknown, second: unknown) => void;

/** A request on a descriptor. `fill` fills its other operands, also if a FileHandle takes the place of the number. */
export interface DescriptorRequest<T> extends Request<T> {
  readonly fill: FillOperands;
}

interface Statement<T> {
  type: CallType<T>;
  takes: readonly string[];
  fill?: FillOperands;
}

const nothing: FillOperands = () => undefined;

/** Returns the number of required arguments. */
export const leastOf = (takes: readonly string[]): number =>
  takes.filter((name) => !name.endsWith('?')).length;

export function onPath<T>({ type, takes, fill = nothing }: Statement<T>): Request<T> {
  const [name] = takes;
  return {
    type,
    takes,
    build(args, shown, options) {
      const call = pathCall(type, validPath(args[0], name), shown, options);
      fill(call, args[1], args[2]);
      return call;
    },
  };
}

export function onTwoPaths<T>({ type, takes, fill = nothing }: Statement<T>): Request<T> {
  const [name, other] = takes;
  return {
    type,
    takes,
    build(args, shown, options) {
      const path = validPath(args[0], name);
      const dest = validPath(args[1], other);
      const call = pathCall(type, path, shown, options);
      call.dest = dest;
      fill(call, args[2], undefined);
      return call;
    },
  };
}

export function onDescriptor<T>({ type, takes, fill = nothing }: Statement<T>): DescriptorRequest<T> {
  return {
    type,
    takes,
    fill,
    build(args, shown, options) {
      const call = descriptorCall(type, args[0], shown, options);
      fill(call, args[1], args[2]);
      return call;
    },
  };
}

/** Makes a request whose result is a path or a name, in the encoding that the options ask for. */
export function decoded<T>({ type, takes, fill = nothing }: Statement<T>): Request<T> {
  const [name] = takes;
  return {
    type,
    takes,
    build(args, shown, options) {
      const parsed = parseOptions(options);
      const call = pathCall(type, validPath(args[0], name), shown, parsed);
      call.encoding = parsed.encoding;
      fill(call, undefined, undefined);
      return call;
    },
  };
}

/** Makes a call on a path that has been checked. */
export function pathCall<T>(
  type: CallType<T>,
  path: Path,
  shown: readonly unknown[],
  options: unknown,
): Call<T> {
  const call = new Call(type, shown, callOptions(options));
  call.path = path;
  return call;
}

export function descriptorCall<T>(
  type: CallType<T>,
  fd: unknown,
  shown: readonly unknown[],
  options: unknown,
): Call<T> {
  validateInt32(fd, 'fd', 0);
  const call = new Call(type, shown, callOptions(options));
  call.fd = fd;
  return call;
}

/** Returns the arguments as given, but not more than the function takes, and without trailing undefined ones. */
export function given(args: unknown[], most: number): unknown[] {
  if (args.length > most) args.length = most;
  while (args.length > 0 && args.at(-1) === undefined) args.pop();
  return args;
}

const areCallOptions = (value: unknown): value is CallOptions =>
  typeof value === 'object' && value !== null && ('timeout' in value || 'signal' in value);

/** Runs a request as a function with a promise. */
export function promised<T>(request: Request<T>, args: unknown[]): Promise<T> {
  try {
    const most = request.takes.length;
    const least = leastOf(request.takes);
    const shown = given(args, most + 1);
    // Options of this package may take the place of an optional argument, where many users put them.
    const last = shown.length - 1;
    if (last >= least && last < most && areCallOptions(shown[last]))
      return request.build(shown.slice(0, last), shown, shown[last]).start();
    return request.build(args, shown, shown[most]).start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The options of functions that take none in Node, as the last argument. */
export type ExtraOptions = CallOptions | null | undefined;
