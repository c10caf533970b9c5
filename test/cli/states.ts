// A program that brings processes and threads into states of which some cannot be reached by a program of Node's.
import { execFileSync } from 'node:child_process';
import { beforeAll } from '@jest/globals';
import { type Folder, withSharedFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { program } from './tools';

/** The program, and a folder of the test file. */
export interface States {
  folder: Folder;
  /** Starts the program. `words`: the state, and what it takes. */
  run: (...words: string[]) => Child;
  /** Starts the program, and returns the process that is in that state then. */
  inState: (...words: string[]) => Promise<number>;
}

/** Compiles the program for a test file. */
export function withStates(): States {
  const folder = withSharedFolder('states');
  beforeAll(() => {
    execFileSync('cc', ['-pthread', '-o', folder('states'), program('states.c')]);
  });
  const run = (...words: string[]): Child => Child.start(folder('states'), words);
  return {
    folder,
    run,
    async inState(...words) {
      const child = run(...words);
      await child.says('\n');
      return Number(child.stdout);
    },
  };
}
