// Fixtures for watchers: a folder for each test, and a list of events.
import { inspect } from 'node:util';
import { afterEach, beforeAll } from '@jest/globals';
import { listPending } from '../../lib';
import * as oursFs from '../../lib/fs';
import { type Folder, withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';

/** With the portable backend watch is Node's, and blocks the loop on a stalled mount. */
export const isOurs = process.env.PENDINGOP_BACKEND !== 'posix';

/** An empty folder for each test, after which no op is pending. */
export function withWatched(): Folder {
  beforeAll(() => {
    // The first watcher opens descriptors that stay.
    oursFs.watch('/').close();
  });
  afterEach(async () => {
    await until(() => listPending().length === 0, 'an empty table');
  });
  return withFolder('watch');
}

/** The events, in their order. */
export class Heard<T> {
  readonly all: T[] = [];

  readonly add = (one: T): void => void this.all.push(one);

  /** Resolves once there are `count` of them. */
  async count(count: number): Promise<T[]> {
    await until(() => this.all.length >= count, `${count} events`).catch((error: Error) => {
      throw new Error(`${error.message}; there are ${inspect(this.all)}`);
    });
    return this.all;
  }
}
