// Runs the programs of this folder, which have several threads.
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { Child } from '../fixtures/processes';

const program = (name: string): string => join(__dirname, 'programs', name);

/** Runs a program of this folder to its end. Returns the JSON that it printed last. */
export async function result<T>(
  name: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<T> {
  const child = Child.start(process.execPath, [...flags, program(name), ...args]);
  const exit = await child.wait(100_000);
  expect(child.stderr).toBe('');
  expect(exit).toEqual({ code: 0, signal: null });
  return JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as T;
}
