// The names and arguments of custom ops, checked. track-op.ts has the ops of trackOp(), native-api.ts those of other
// addons.
import type { CallType } from '../call/type';
import { Code, OpKind } from '../engine/codes';
import { argType, argValue } from '../node/errors';
import { validPath } from '../validate/path';
import { validateInteger, validateString } from '../validate/values';

export interface CustomInfo {
  fn: string;
  kind: number;
  params: readonly unknown[];
  path: string;
}

/**
 * An argument that is undefined has its default. `prefix`: what the caller calls the object that the arguments are
 * from.
 */
export function customInfo(
  prefix: string,
  fn: unknown,
  kind: unknown = OpKind.Top | OpKind.Custom,
  params: unknown = [],
  path: unknown = '',
): CustomInfo {
  validateString(fn, `${prefix}.fn`);
  if (fn === '')
    throw argValue(`${prefix}.fn`, fn, 'must not be empty: it names the op in the table and in errors');
  validateInteger(kind, `${prefix}.kind`, 1, OpKind.All);
  if (!Array.isArray(params)) throw argType(`${prefix}.params`, 'an instance of Array', params);
  validateString(path, `${prefix}.pathname`);
  validPath(path, `${prefix}.pathname`);
  return { fn, kind, params, path };
}

/** `changes`: if a custom op is interrupted, nobody knows whether it has changed something. */
export function customType<T>(info: CustomInfo, rest: Pick<CallType<T>, 'result' | 'settled'>): CallType<T> {
  return { fn: info.fn, code: Code.custom, syscall: info.fn, kind: info.kind, changes: true, ...rest };
}
