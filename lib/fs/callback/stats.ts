// Callback functions that tell what a file is: stat and its kin, exists.
import type * as fs from 'node:fs';
import { promisify } from 'node:util';
import { Call } from '../../call';
import { type Callback, type Pass, passValue } from '../../call/callbacks';
import type { CallType } from '../../call/type';
import { Code } from '../../engine/codes';
import { statForgives } from '../../node/version';
import { parseOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import * as paths from '../promises/paths';
import { FILE, pathCall } from '../requests/path-call';
import * as types from '../requests/stats';
import { bigIntStatsFrom, statsFrom } from '../results/stats';
import { define, descriptor, isObject, madeOf, NODES_OWN, ours, shown, take, wait } from './define';

const FSTAT: CallType<fs.Stats | fs.BigIntStats> = {
  fn: 'fstat',
  code: Code.fstat,
  syscall: 'fstat',
  kind: FILE,
  changes: false,
  result: (done, call) =>
    call.i0 === 0 ? statsFrom(done.numbers(), done.at) : bigIntStatsFrom(done.bigints(), done.at),
};

let callback: Callback;
let options: (CallOptions & { bigint?: unknown }) | undefined;

/** Sets both. Of what is no object Node looks at the same property, which is not there. */
function split(args: unknown[]): boolean {
  const given = args[1];
  if (typeof given === 'function') {
    callback = given as Callback;
    options = undefined;
    return false;
  }
  if (given === null || typeof args[2] !== 'function') throw NODES_OWN;
  callback = args[2] as Callback;
  options = isObject(given) ? ours(given) : undefined;
  return options !== undefined && options.bigint === true;
}

const ofPath =
  (numbers: CallType<unknown>, bigints: CallType<unknown>, pass = passValue) =>
  (args: unknown[]) => {
    const big = split(args);
    const call = pathCall(big ? bigints : numbers, validPath(args[0]), shown(args), options);
    if (big) call.i0 = 1;
    wait(callback, pass);
    return call;
  };

const passFound: Pass = (tell, error, value) => {
  if (error === null) tell(null, value);
  else if (types.isMissing(error)) tell(null, undefined);
  else tell(error);
};

const statBuilt = ofPath(types.STAT_NUMBERS, types.STAT_BIGINTS);
const statForgiving = ofPath(types.STAT_NUMBERS, types.STAT_BIGINTS, passFound);

export const stat = define<typeof fs.stat>('stat', (args) => {
  if (!statForgives) return statBuilt(args);
  // It takes null, too, and looks at the encoding that it has no use for.
  const [path, given, tell] = args;
  if (given === null) return statBuilt([path, undefined, tell]);
  if (!isObject(given)) return statBuilt(args);
  parseOptions(given);
  return (given as fs.StatSyncOptions).throwIfNoEntry === false ? statForgiving(args) : statBuilt(args);
});
export const lstat = define<typeof fs.lstat>('lstat', ofPath(types.LSTAT_NUMBERS, types.LSTAT_BIGINTS));
export const statfs = define<typeof fs.statfs>('statfs', ofPath(types.STATFS_NUMBERS, types.STATFS_BIGINTS));

export const fstat = define<typeof fs.fstat>('fstat', (args) => {
  const big = split(args);
  const fd = descriptor(args[0]);
  const call = new Call(FSTAT, shown(args), options);
  call.fd = fd;
  if (big) call.i0 = 1;
  wait(callback, passValue);
  return call;
});

const passWhether = (tell: Callback, error: unknown): void => tell(!error);

const STEPS = ['access'];

/** Bad paths do not exist, and the callback hears of it at once. */
const existsBuilt = define<typeof fs.exists>('exists', (args) => {
  const taken = take(args, 1);
  madeOf(STEPS);
  const tell = taken.callback;
  let path: string | Uint8Array;
  try {
    path = validPath(args[0]);
  } catch {
    tell(false);
    return undefined;
  }
  const call = pathCall({ ...paths.ACCESS, fn: 'exists' }, path, shown(args), taken.options);
  wait(tell, passWhether);
  return call;
});
Object.defineProperty(existsBuilt, promisify.custom, {
  value: { exists: (path: fs.PathLike) => new Promise((resolve) => existsBuilt(path, resolve)) }.exists,
});
export const exists = existsBuilt;
