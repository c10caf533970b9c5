// Custom ops: what they are called, and how their arguments are checked. trackOp's are in track-op.ts, those of other
// addons in native-api.ts.
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

/** Undefined is the default; `prefix` is what the caller calls the object that these come from. */
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

/** What an op changes that was not let finish is nobody's guess: `changes`. */
export function customType<T>(info: CustomInfo, rest: Pick<CallType<T>, 'result' | 'settled'>): CallType<T> {
  return { fn: info.fn, code: Code.custom, syscall: info.fn, kind: info.kind, changes: true, ...rest };
}
