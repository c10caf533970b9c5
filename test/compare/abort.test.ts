import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { cases, type Fsp, type Scenario, settle, settleAll, tree, withHandle } from './harness';

/* The option `signal` of functions whose Node counterparts have it. */

const reasons: unknown[] = [undefined, 'a string', 0, null, new RangeError('own reason'), { code: 'E' }];
const aborted = reasons.map((reason) => AbortSignal.abort(reason));
const wrong: unknown[] = [
  null,
  1,
  'x',
  true,
  {},
  { aborted: true },
  { aborted: false },
  {
    aborted: false,
    addEventListener: () => {
      throw new Error('not to be listened to');
    },
  },
  {
    get aborted(): boolean {
      throw new Error('no answer');
    },
  },
  {
    aborted: true,
    get reason(): unknown {
      throw new Error('no reason');
    },
  },
  new AbortController(),
  () => {},
  [],
];

const calls: Record<string, (fsp: Fsp, dir: string, signal: AbortSignal) => Promise<unknown>> = {
  readFile: (fsp, dir, signal) => fsp.readFile(`${dir}/file.txt`, { signal }),
  'readFile of nothing': (fsp, dir, signal) => fsp.readFile(`${dir}/missing`, { signal }),
  'readFile as text': (fsp, dir, signal) => fsp.readFile(`${dir}/file.txt`, { signal, encoding: 'utf8' }),
  writeFile: (fsp, dir, signal) => fsp.writeFile(`${dir}/new`, 'x', { signal }),
  'writeFile of nothing': (fsp, dir, signal) => fsp.writeFile(`${dir}/new`, '', { signal }),
  'writeFile of items': (fsp, dir, signal) => fsp.writeFile(`${dir}/new`, ['x', 'y'], { signal }),
  appendFile: (fsp, dir, signal) => fsp.appendFile(`${dir}/new`, 'x', { signal } as object),
  'handle.readFile': (fsp, dir, signal) =>
    withHandle(fsp, `${dir}/file.txt`, 'r', (handle) => handle.readFile({ signal })),
  'handle.writeFile': (fsp, dir, signal) =>
    withHandle(fsp, `${dir}/file.txt`, 'r+', (handle) => handle.writeFile('x', { signal } as object)),
};

cases(
  'a signal that is aborted',
  Object.fromEntries(
    Object.entries(calls).map(([name, call]): [string, Scenario] => [
      name,
      async (fsp, dir) => [
        await settleAll(...aborted.map((signal) => () => call(fsp, dir, signal))),
        tree(dir),
      ],
    ]),
  ),
);

cases(
  'a signal that is none',
  Object.fromEntries(
    Object.entries(calls)
      .filter(([name]) => name.includes('rite') || name.startsWith('append'))
      .map(([name, call]): [string, Scenario] => [
        name,
        async (fsp, dir) => [
          await settleAll(...wrong.map((signal) => () => call(fsp, dir, signal as AbortSignal))),
          tree(dir),
        ],
      ]),
  ),
);

cases('a signal that is not aborted', {
  'is left alone': async (fsp, dir) => {
    const { signal } = new AbortController();
    const done = [];
    for (const [name, call] of Object.entries(calls))
      done.push(name, await settle(() => call(fsp, dir, signal)));
    return [done, signal.onabort];
  },
  'aborted later changes nothing': async (fsp, dir) => {
    const controller = new AbortController();
    const text = await fsp.readFile(`${dir}/file.txt`, { encoding: 'utf8', signal: controller.signal });
    controller.abort();
    return text;
  },
});

const large = 40_000_000;
const during =
  (call: (fsp: Fsp, dir: string, signal: AbortSignal) => Promise<unknown>, reason?: unknown): Scenario =>
  async (fsp, dir) => {
    fs.truncateSync(`${dir}/empty`, large);
    const controller = new AbortController();
    const result = settle(() => call(fsp, dir, controller.signal));
    controller.abort(reason);
    return result;
  };
const handle = (fsp: Fsp, dir: string, use: (handle: FileHandle) => unknown) =>
  withHandle(fsp, `${dir}/empty`, 'r+', use);

cases('aborted in the same tick', {
  readFile: during((fsp, dir, signal) => fsp.readFile(`${dir}/empty`, { signal })),
  'readFile with a reason': during(
    (fsp, dir, signal) => fsp.readFile(`${dir}/empty`, { signal }),
    new Error('why'),
  ),
  writeFile: during((fsp, dir, signal) => fsp.writeFile(`${dir}/new`, Buffer.alloc(large), { signal })),
  'writeFile of an async generator': during((fsp, dir, signal) =>
    fsp.writeFile(
      `${dir}/new`,
      (async function* () {
        for (;;) yield Buffer.alloc(65536);
      })(),
      { signal },
    ),
  ),
  'handle.readFile': during((fsp, dir, signal) => handle(fsp, dir, (each) => each.readFile({ signal }))),
  'handle.writeFile': during((fsp, dir, signal) =>
    handle(fsp, dir, (each) => each.writeFile(Buffer.alloc(large), { signal } as object)),
  ),
});

cases('aborted by what is written', {
  'a generator': async (fsp, dir) => {
    const controller = new AbortController();
    const items = function* (): Generator<string> {
      yield 'first ';
      controller.abort('enough');
      yield 'second ';
      yield 'third';
    };
    const done = await settle(() => fsp.writeFile(`${dir}/new`, items(), { signal: controller.signal }));
    return [done, await fsp.readFile(`${dir}/new`, 'utf8')];
  },
  'the handle works afterwards': async (fsp, dir) =>
    withHandle(fsp, `${dir}/file.txt`, 'r', async (each) => [
      await settle(() => each.readFile({ signal: AbortSignal.abort() })),
      await each.readFile('utf8'),
    ]),
});
