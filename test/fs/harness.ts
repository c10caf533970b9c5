import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as oursFs from '../../lib/fs';
import { Description } from '../compare/description';
import { relayout, tree } from '../compare/harness';
import { removeTree } from '../fixtures/remove';

/*
 * Runs a scenario twice, with the callback functions of node:fs and with ours, each in a fresh directory of the same
 * layout. Compares what was thrown, the arguments of the callback, its `this`, and when it was called.
 */

export type Fs = typeof fs;
export const ours = oursFs as unknown as Fs;
export type Callback = (...args: unknown[]) => void;
export type Act = (callback: Callback) => unknown;

/** The result of one call. `early`: its callback ran before the call returned. */
export interface Outcome {
  threw?: unknown;
  returned?: unknown;
  got?: unknown[];
  early?: boolean;
}

/** Waits for the callback, unless the call throws. */
export function settle(act: Act): Promise<Outcome> {
  return new Promise((resolve) => {
    let inside = true;
    let returned: unknown;
    const callback = (...got: unknown[]): void => {
      const early = inside;
      setImmediate(() => resolve({ returned, got, early }));
    };
    try {
      returned = act(callback);
    } catch (threw) {
      resolve({ threw });
    }
    inside = false;
  });
}

export async function settleAll(...acts: Act[]): Promise<Outcome[]> {
  const all: Outcome[] = [];
  for (const act of acts) all.push(await settle(act));
  return all;
}

export type Scenario = (its: Fs, dir: string) => unknown;

let base = '';

beforeAll(() => {
  base = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'callbacks-'));
});
afterAll(() => removeTree(base));

/** Both runs get a directory of the same name, so their paths are equal. */
async function record(its: Fs, scenario: Scenario): Promise<unknown> {
  const dir = path.join(base, 'dir');
  try {
    relayout(dir);
    const value = await scenario(its, dir);
    return [new Description().of(value), new Description().of(tree(dir))];
  } finally {
    removeTree(dir);
  }
}

export function both(name: string, scenario: Scenario): void {
  test(name, async () => {
    const theirs = await record(fs, scenario);
    const mine = await record(ours, scenario);
    expect(mine).toStrictEqual(theirs);
  });
}

type AnyFunction = (...args: unknown[]) => unknown;

/** Calls of one function, as lists of the arguments before its callback. */
export const calls =
  (name: string, rows: (dir: string) => unknown[][]): Scenario =>
  (its, dir) => {
    const called = (its as unknown as Record<string, AnyFunction>)[name] as AnyFunction;
    return settleAll(...rows(dir).map((row) => (callback: Callback) => called(...row, callback)));
  };
