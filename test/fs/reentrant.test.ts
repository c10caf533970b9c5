import fs from 'node:fs';
import whole from '../../lib/fs';
import { withSharedFolder } from '../fixtures/folder';

/* A path whose properties are getters that call node:fs themselves: what looks like a URL is asked for them. */

const dir = withSharedFolder('reentrant');
beforeAll(() => {
  fs.writeFileSync(`${dir()}/file`, 'content');
});

type Callback = (...results: unknown[]) => void;
type AnyFunction = (...args: unknown[]) => void;

/** Functions that are called with a path, these arguments, and a callback. */
const functions: Record<string, unknown[]> = {
  access: [],
  appendFile: ['more'],
  chmod: [0o640],
  exists: [],
  lstat: [],
  open: ['r'],
  opendir: [],
  readFile: [],
  readdir: [],
  readlink: [],
  realpath: [],
  rm: [],
  rmdir: [],
  stat: [],
  statfs: [],
  truncate: [1],
  unlink: [],
  utimes: [1, 2],
  writeFile: ['text'],
};

const call = (name: string, file: unknown, callback: Callback): void =>
  ((whole as unknown as Record<string, AnyFunction>)[name] as AnyFunction)(
    file,
    ...(functions[name] as unknown[]),
    callback,
  );

/** Counts the calls of two callbacks, and resolves once both were called as often as expected. */
async function counted(start: (outer: Callback, inner: Callback) => void): Promise<[number, number]> {
  const counts: [number, number] = [0, 0];
  await new Promise<void>((done) => {
    const count = (which: 0 | 1) => (): void => {
      counts[which]++;
      if (counts[0] + counts[1] === 2) done();
    };
    start(count(0), count(1));
  });
  return counts;
}

function urlThatCalls(inside: () => void): object {
  let called = false;
  return {
    href: `file://${dir()}/missing`,
    protocol: 'file:',
    hostname: '',
    get pathname(): string {
      if (!called) {
        called = true;
        inside();
      }
      return `${dir()}/missing`;
    },
  };
}

describe.each(Object.keys(functions))('%s of a path that calls fs while it is read:', (name) => {
  test.each(['stat', 'access', 'readFile', 'readdir'])('it calls %s', async (inside) => {
    const counts = await counted((outer, inner) => {
      call(
        name,
        urlThatCalls(() => call(inside, `${dir()}/missing-too`, inner)),
        outer,
      );
    });
    expect(counts).toEqual([1, 1]);
  });
});

test('options whose getter calls another function', async () => {
  const counts = await counted((outer, inner) => {
    const options = {
      get bigint(): boolean {
        whole.stat(`${dir()}/file`, inner as never);
        return true;
      },
    };
    let first = true;
    const once = new Proxy(options, {
      get: (target, key) => {
        if (key !== 'bigint') return Reflect.get(target, key);
        if (!first) return true;
        first = false;
        return target.bigint;
      },
    });
    whole.stat(`${dir()}/file`, once as never, outer as never);
  });
  expect(counts).toEqual([1, 1]);
});
