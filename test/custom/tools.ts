// The addons that the tests of custom ops use, and what they hang on.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';
import { type CallOptions, nativeApi } from '../../lib';

declare const ring: unique symbol;
export interface Ring {
  readonly [ring]: true;
}

/** examples/addon */
export interface Example {
  countPrimes(limit: number, options?: CallOptions): Promise<number>;
  deafWait(options?: CallOptions): Promise<string>;
  deafRelease(): void;
  read(fd: number, size: number, how: 'plain' | 'stub' | 'shielded', options?: CallOptions): Promise<Buffer>;
  ringCreate(): Ring;
  ringPost(ring: Ring, value: number): void;
  ringWait(ring: Ring, how: 'signal' | 'wake', options?: CallOptions): Promise<number>;
  /** Pieces of memory that calls have. */
  counts(): { out: number };
}

/** test/custom/native/probe.c */
export interface Probe {
  run(spec: Record<string, unknown>, options?: unknown): Promise<unknown>;
  go(on: boolean): void;
  counts(): { live: number; executed: number; unblocked: number };
}

interface Addon<T> {
  attach(api: unknown): T;
}

const folder = join(__dirname, '../../build/addons');
export const addonPath = (name: string): string => join(folder, `${name}.node`);

export const load = <T>(name: string): Addon<T> => require(addonPath(name)) as Addon<T>;
export const example = (): Example => load<Example>('example').attach(nativeApi);
export const probe = (): Probe => load<Probe>('probe').attach(nativeApi);

/** describe(), for what needs the addons. With CI=true that they are missing is a failure. */
export function describeAddons(name: string, body: () => void): void {
  if (existsSync(addonPath('example'))) {
    describe(name, body);
  } else if (process.env.CI === 'true') {
    it(`${name}: has the addons`, () => {
      throw new Error('build/addons is missing: npm run build makes it, with liburing-dev installed');
    });
  } else {
    describe.skip(`${name} [no build/addons: npm run build makes them, with liburing-dev installed]`, body);
  }
}
