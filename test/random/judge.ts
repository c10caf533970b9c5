// Judges whether the disk agrees with the outcomes of the calls, and returns the state of the model from then on.

import { acts } from './acts';
import { type Actual, difference, orderOf } from './actual';
import { forget } from './dirs';
import { Errno } from './disk';
import { describe, describeResult, type Result, type Step } from './step';
import type { World } from './world';

export interface Done {
  readonly step: Step;
  readonly result: Result;
}

type Verdict = { readonly world: World } | { readonly wrong: string };

function run(world: World, step: Step, got?: unknown): { value: unknown } | { errno: string } {
  try {
    const act = acts[step.fn]!(world, step, got);
    for (;;) {
      const next = act.next();
      if (next.done) return { value: next.value };
    }
  } catch (error) {
    if (error instanceof Errno) return { errno: error.code };
    throw error;
  }
}

interface StatLike {
  mtime?: number | undefined;
}

/** Compares values. A time that the model does not know equals any. */
function sameValue(model: unknown, actual: unknown): boolean {
  if (Buffer.isBuffer(model)) return Buffer.isBuffer(actual) && model.equals(actual);
  if (Array.isArray(model) && Array.isArray(actual))
    return model.length === actual.length && model.every((one, i) => sameValue(one, actual[i]));
  if (typeof model === 'object' && model !== null && 'mtime' in model) {
    if (typeof actual !== 'object' || actual === null) return false;
    const { mtime, ...rest } = model as StatLike;
    const { mtime: real, ...others } = actual as StatLike;
    return JSON.stringify(rest) === JSON.stringify(others) && (mtime === undefined || mtime === real);
  }
  return JSON.stringify(model) === JSON.stringify(actual);
}

const show = (value: unknown): string =>
  Buffer.isBuffer(value) ? `${value.length} bytes ${value.toString('hex', 0, 8)}…` : JSON.stringify(value);

/** Returns whether the error is one of those that the model allows. */
const sameErrno = (model: string, actual: string): boolean => model.split('|').includes(actual);

/** A stream makes many calls, and its error describes only the last one. */
const isStream = (step: Step): boolean => step.fn.endsWith('Stream');

/**
 * Yields each state in which an interrupted call may have left the disk. With `mayHaveTakenEffect: false` that is the
 * state before the call. Otherwise it is the state at each point from `bytesDone` on, or at exactly that point if the
 * kernel itself returned from the call and no daemon had the request.
 */
function* afterInterrupt(
  before: World,
  { step, result }: Done,
  actual: Actual,
  remote: boolean,
): Generator<World> {
  if ('value' in result || 'errno' in result) throw new Error('was not interrupted');
  const { outcome, mayHaveTakenEffect, bytesDone } = result;
  const world = closed(before, step);
  if (outcome === 'completed' && mayHaveTakenEffect && !isStream(step)) {
    const after = before.clone();
    run(after, step);
    yield after;
    return;
  }
  if (step.fn === 'dirRead' && /killed|abandoned/.test(outcome)) {
    const after = world.clone();
    forget(after.dir(step.dir ?? 0));
    yield after;
    return;
  }
  const takesPosition = /^(read|readv|handleReadFile)$/.test(step.fn) && outcome !== 'cancelled';
  if (!mayHaveTakenEffect && !takesPosition && !isStream(step)) {
    yield world;
    return;
  }
  const exact =
    outcome === 'interrupted' && !remote && /^(writeFile|appendFile|handleWriteFile)$/.test(step.fn);
  if (bytesDone === 0) yield world;
  if (step.fn === 'rm' || step.fn === 'mkdtemp') {
    yield adopted(world, step, actual);
    return;
  }
  const after = before.clone();
  after.inSteps = true;
  try {
    for (const count of acts[step.fn]!(after, step)) {
      if (count < bytesDone || (exact && count > bytesDone)) continue;
      yield (after.candidate ?? after).clone();
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
}

/**
 * Returns the world after the end of a stream or an iteration: in any case a stream closes its handle, and an iteration
 * its Dir.
 */
function closed(world: World, { fn, slot = 0, dir = 0 }: Step): World {
  if (!/^(handle.*Stream|dirRest)$/.test(fn)) return world;
  const after = world.clone();
  if (fn === 'dirRest') after.dirs.delete(dir);
  else after.open.delete(slot);
  return after;
}

/**
 * Returns the model with what only the disk can say: how much of a tree was removed, and which name mkdtemp() chose.
 */
function adopted(world: World, step: Step, actual: Actual): World {
  const after = world.clone();
  const { path = '' } = step;
  if (step.fn === 'rm') {
    const names = [...after.disk.names()].map(([name]) => name);
    for (const name of names.reverse())
      if ((name === path || name.startsWith(`${path}/`)) && !actual.names.has(name)) after.disk.remove(name);
  } else {
    for (const name of actual.names.keys())
      if (name.length === path.length + 6 && name.startsWith(path) && !has(world, name))
        after.disk.mkdir(name, 0o700);
  }
  return after;
}

const has = (world: World, path: string): boolean => world.disk.lookup(path, false) !== undefined;

/** Yields every state that the outcomes allow. The calls are independent of each other. */
function* allowed(
  world: World,
  done: readonly Done[],
  actual: Actual,
  remote: boolean,
  say: (wrong: string) => void,
): Generator<World> {
  const [first, ...rest] = done;
  if (first === undefined) {
    yield world;
    return;
  }
  const { step, result } = first;
  if ('outcome' in result) {
    for (const state of afterInterrupt(world, first, actual, remote))
      yield* allowed(state, rest, actual, remote, say);
    return;
  }
  const after = world.clone();
  const expected = run(after, step, 'value' in result ? result.value : undefined);
  const right =
    'errno' in expected
      ? 'errno' in result && sameErrno(expected.errno, result.errno)
      : 'value' in result && sameValue(expected.value, result.value);
  if (right) yield* allowed(after, rest, actual, remote, say);
  else
    say(
      `${describe(step)}: ${'value' in result ? `resolved with ${show(result.value)}` : describeResult(result)}, ` +
        `by the model ${'errno' in expected ? expected.errno : show(expected.value)}`,
    );
}

/** Returns what is impossible about an outcome, whatever the disk shows; undefined: nothing. */
function impossible({ step, result }: Done): string | undefined {
  if (!('outcome' in result)) return undefined;
  const { outcome, mayHaveTakenEffect, bytesDone } = result;
  if (step.ending === undefined) return 'was interrupted by nobody';
  if (outcome === 'cancelled' && (mayHaveTakenEffect || bytesDone > 0))
    return 'was cancelled, and did something';
  if (step.ending.way === 'aborted' && outcome !== 'cancelled' && !isStream(step))
    return 'began although its signal was aborted';
  return undefined;
}

export function judge(world: World, done: readonly Done[], actual: Actual, remote: boolean): Verdict {
  for (const one of done) {
    const why = impossible(one);
    if (why !== undefined) return { wrong: `${describe(one.step)}: ${why}` };
  }
  const wrong: string[] = [];
  for (const state of allowed(world, done, actual, remote, (what) => wrong.push(what))) {
    const differs = difference(state, actual);
    if (differs === undefined) {
      state.settle(orderOf(actual));
      return { world: state };
    }
    wrong.push(differs);
  }
  return { wrong: [...new Set(wrong)].slice(0, 4).join('\n  or ') };
}
