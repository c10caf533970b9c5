import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { listPending } from '../../lib';
import { native } from '../../lib/engine/addon';
import { Code, Ended, State, Step } from '../../lib/engine/codes';
import { stat } from '../../lib/fs/promises';
import { until } from '../fixtures/leaks';
import { result } from '../table/tools';

const header = (name: string): string => readFileSync(join(__dirname, '../../binding', name), 'utf8');

describe('the numbers of lib/engine/codes.ts', () => {
  it('are those of the addon', () => {
    expect(native.codes).toEqual(Object.keys(Code));
    expect(native.codes.map((name) => Code[name as keyof typeof Code])).toEqual(
      native.codes.map((_, i) => i),
    );
  });

  it('have steps with the names of Node’s errors', () => {
    expect(native.steps[Step.own]).toBe('');
    expect(native.steps).toHaveLength(Step.tooLarge + 1);
    expect(native.steps.slice(1, -1)).toEqual([
      'open',
      'fstat',
      'read',
      'write',
      'fsync',
      'ftruncate',
      'close',
    ]);
  });

  // The addon does not export these enumerations, so they are read from their declarations.
  const enumeration = (text: string, name: string): Record<string, number> => {
    const body = new RegExp(`enum class ${name}[^{]*\\{([^}]*)\\}`).exec(text)?.[1] ?? '';
    return Object.fromEntries(
      [...body.matchAll(/(\w+)\s*=\s*(\d+)/g)].map(([, key, value]) => [key, Number(value)]),
    );
  };

  it('are the states of state.h', () => {
    const states = enumeration(header('base/state.h'), 'State');
    const lower = Object.fromEntries(
      Object.entries(states).map(([key, value]) => [key.toLowerCase(), value]),
    );
    expect(lower).toMatchObject(State);
    expect(Object.keys(lower)).toHaveLength(Object.keys(State).length + 3);
  });

  it('are the outcomes of op.h', () => {
    expect(enumeration(header('core/op.h'), 'Outcome')).toEqual(Ended);
  });
});

describe('the names of system calls', () => {
  it('are distinct; the first one is empty', () => {
    expect(native.calls[0]).toBe('');
    expect(new Set(native.calls).size).toBe(native.calls.length);
    expect(native.calls).toEqual(
      expect.arrayContaining(['openat', 'read', 'pread64', 'statx', 'getdents64']),
    );
  });
});

describe('the addon', () => {
  it('can be started any number of times', async () => {
    expect(native.start()).toBe(0);
    expect(native.start()).toBe(0);
    await stat('/');
    expect(native.start()).toBe(0);
  });

  it('has counts', async () => {
    await stat('/');
    await until(() => native.counts().idle === native.counts().workers, 'all workers idle');
    const counts = native.counts();
    expect(Object.keys(counts).sort()).toEqual([
      'environments',
      'idle',
      'inline',
      'killable',
      'ops',
      'queued',
      'signal',
      'workers',
    ]);
    expect(counts.workers).toBeGreaterThan(0);
    expect(counts.queued).toBe(0);
    expect(counts.ops).toBeGreaterThan(0);
    expect(counts.signal).toBeGreaterThan(0);
    expect(listPending()).toEqual([]);
  });

  it('starts no thread before the first call', async () => {
    const script = `
      const { readdirSync } = require('node:fs');
      const threads = () => readdirSync('/proc/self/task').length;
      const before = { ...native.counts(), threads: threads() };
      po.trackPending(true);
      po.listPending();
      const listing = threads();
      fsp.stat('/').then(() => {
        const { signal, workers } = native.counts();
        console.log(JSON.stringify({ before, listing, signal: signal > 0, workers: workers > 0, more: threads() > listing }));
      });`;
    const found = await result<{ before: Record<string, number>; listing: number }>(script);
    expect(found).toMatchObject({ signal: true, workers: true, more: true });
    expect(found.before).toMatchObject({ workers: 0, idle: 0, queued: 0, ops: 0, signal: 0 });
    expect(found.listing).toBe(found.before.threads);
  });
});

describe('the loader', () => {
  const forget = `const forget = () => {
    const dist = ${JSON.stringify(join(__dirname, '../../dist/'))};
    for (const path of Object.keys(require.cache)) if (path.startsWith(dist)) delete require.cache[path];
  };`;

  it('loads another build by PENDINGOP_ADDON, and says if that file is missing', async () => {
    const body = `console.log(JSON.stringify(Object.keys(native).sort()));`;
    expect(await result<string[]>(body)).toEqual(Object.keys(native).sort());
    const missing = `
      ${forget}
      process.env.PENDINGOP_ADDON = '/none/such.node';
      const path = require.resolve(${JSON.stringify(join(__dirname, '../../dist/engine/addon.js'))});
      forget();
      try { require(path); } catch (error) { console.log(JSON.stringify(error.message)); }`;
    expect(await result(missing)).toContain('/none/such.node');
  });

  it('gives the same addon to every copy of the package', async () => {
    const script = `
      ${forget}
      const path = require.resolve(${JSON.stringify(join(__dirname, '../../dist/engine/addon.js'))});
      forget();
      const again = require(path).native;
      fsp.stat('/').then(() => console.log(JSON.stringify([again.counts(), native.counts()])));`;
    const [one, two] = await result<[object, object]>(script);
    expect(one).toEqual(two);
  });
});
