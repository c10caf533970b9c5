// The entry point `pendingop/register`: every asynchronous call that any package makes through node:fs or
// node:fs/promises goes through the pool. Loaded by --import or --require it is in place before the program; its
// function puts it in place, too, and gives back what takes it away.
import { syncBuiltinESMExports } from 'node:module';
import type * as Calls from './call';
import { type AnyFunction, maker } from './fs/likeness';
import { callbackNames, promiseNames } from './fs/names';
import { argValue } from './fs/node-errors';
import { patch } from './fs/patch';
// Before anything is patched: what our functions call is Node's own.
import './fs/original';
import { isGenuine } from './genuine';
import { lateCallback, latePromise, lateStream } from './late';
import { defaults } from './settings';

type Module = Record<string, unknown>;

// What require() gives, not a copy: the modules themselves.
const fs = require('node:fs') as Module;
const fsPromises = require('node:fs/promises') as Module;

/** What a patch has put in place of what. */
interface Replacement {
  readonly module: Module;
  readonly name: string;
  readonly before: PropertyDescriptor;
  readonly ours: unknown;
}

let replaced: Replacement[] | undefined;

function replace(module: Module, name: string, ours: unknown): void {
  const before = Object.getOwnPropertyDescriptor(module, name);
  // What others have put there stays, and works on what it has found there itself.
  if (before?.configurable !== true || !isGenuine(module[name])) return;
  Object.defineProperty(module, name, { value: ours, writable: true, enumerable: true, configurable: true });
  (replaced as Replacement[]).push({ module, name, before, ours });
}

/** As Node has it: whatever class is there when it is called. */
const createStream = (name: 'ReadStream' | 'WriteStream') =>
  maker(`create${name}`, () => fs[name] as AnyFunction);

/** What has been put in place of functions of node:fs. */
const placed = new Map<string, unknown>();

/** Whether nobody has put anything else there since. */
const areOurs = (names: readonly string[]): boolean => names.every((name) => fs[name] === placed.get(name));

/** Replaces the functions; gives back what puts the ones before back. Once in place, it stays one patch for all. */
export function register(): () => void {
  if (replaced === undefined) {
    replaced = [];
    for (const name of callbackNames) {
      const ours = lateCallback(name, fs[name] as AnyFunction);
      placed.set(name, ours);
      replace(fs, name, ours);
    }
    for (const name of promiseNames)
      replace(fsPromises, name, latePromise(name, fsPromises[name] as AnyFunction));
    for (const name of ['ReadStream', 'WriteStream'] as const) {
      const ours = lateStream(name, fs[name] as AnyFunction);
      for (const key of [name, `File${name}`]) replace(fs, key, ours);
    }
    replace(fs, 'createReadStream', createStream('ReadStream'));
    replace(fs, 'createWriteStream', createStream('WriteStream'));
    patch.areOurs = areOurs;
    syncBuiltinESMExports();
  }
  const mine = replaced;
  return () => {
    if (replaced !== mine) return;
    replaced = undefined;
    patch.areOurs = undefined;
    // Where somebody else has come after us, theirs stays: it goes on with ours underneath.
    for (const { module, name, before, ours } of mine) {
      if (module[name] === ours) Object.defineProperty(module, name, before);
    }
    syncBuiltinESMExports();
  };
}

/** PENDINGOP_TIMEOUT and PENDINGOP_TRACK, for programs that know nothing of this package. */
function applyEnvironment(): void {
  const { PENDINGOP_TIMEOUT: timeout, PENDINGOP_TRACK: track } = process.env;
  if (timeout !== undefined && timeout !== '') {
    const ms = Number(timeout);
    if (!(ms >= 0))
      throw argValue('process.env.PENDINGOP_TIMEOUT', timeout, 'must be a number of ms, 0 or more');
    defaults.timeout = ms === Infinity ? 0 : ms;
  }
  // Needs the calls themselves.
  if (track === '1') (require('./call') as typeof Calls).setTracking(true);
}

applyEnvironment();
register();
