// Callback functions that read the status of a file: stat, lstat, fstat and statfs.
import type * as fs from 'node:fs';
import { type Callback, type Pass, passValue } from '../../call/callbacks';
import { statChecksOptions, statForgives } from '../../node/version';
import { parseOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { type Asking, fstatCall, isMissing, LSTAT, STAT, STATFS, statCall } from '../requests/stats';
import { type Build, define, descriptor, isObject, LEAVE_TO_NODE, ours, shown } from './define';

/**
 * Returns the callback, and the options before it. Node reads the same property of options that are no object, and gets
 * undefined.
 */
function take(args: unknown[]): { callback: Callback; options: object | undefined } {
  const given = args[1];
  if (typeof given === 'function') return { callback: given as Callback, options: undefined };
  if (given === null || typeof args[2] !== 'function') throw LEAVE_TO_NODE;
  return { callback: args[2] as Callback, options: isObject(given) ? ours(given) : undefined };
}

const ofPath =
  (asking: Asking<unknown, unknown>, pass = passValue): Build =>
  (args) => {
    const { callback, options } = take(args);
    return { callback, action: statCall(asking, validPath(args[0]), shown(args), options), pass };
  };

const passFound: Pass = (tell, error, value) => {
  if (error === null) tell(null, value);
  else if (isMissing(error)) tell(null, undefined);
  else tell(error);
};

/** The newer functions also take null for options, and check an encoding that they do not use. */
function checkOptions(args: unknown[]): unknown[] {
  const [path, given, callback] = args;
  if (given === null) return [path, undefined, callback];
  if (isObject(given)) parseOptions(given);
  return args;
}

const buildStat = ofPath(STAT);
const buildForgiving = ofPath(STAT, passFound);

export const stat = define<typeof fs.stat>('stat', ['path'], (args) => {
  if (!statForgives) return buildStat(args);
  const checked = checkOptions(args);
  const forgives = (checked[1] as fs.StatSyncOptions | undefined)?.throwIfNoEntry === false;
  return forgives ? buildForgiving(checked) : buildStat(checked);
});

const buildLstat = ofPath(LSTAT);

export const lstat = define<typeof fs.lstat>('lstat', ['path'], (args) =>
  buildLstat(statChecksOptions ? checkOptions(args) : args),
);
export const statfs = define<typeof fs.statfs>('statfs', ['path'], ofPath(STATFS));

export const fstat = define<typeof fs.fstat>('fstat', ['fd'], (args) => {
  const isNull = statChecksOptions && args[1] === null;
  const { callback, options } = take(isNull ? [args[0], undefined, args[2]] : args);
  const fd = descriptor(args[0]);
  return { callback, action: fstatCall(fd, shown(args), options), pass: passValue };
});
