// What the tests of watchers share: a folder of their own, and events that are waited for.
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach } from '@jest/globals';
import { until } from '../fixtures/leaks';
import { removeTree } from '../fixtures/remove';

/** An empty folder for each test. */
export function withFolder(): () => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'watch-'));
  });
  afterEach(() => removeTree(folder));
  return () => folder;
}

/** What has happened, in its order. */
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
