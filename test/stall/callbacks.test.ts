// Every callback function on a file system that does not answer. `signal` and `timeout` end its call, and the callback is
// called once.
import { closeSync, openSync } from 'node:fs';
import { afterEach, expect, it } from '@jest/globals';
import { type InterruptError, listPending } from '../../lib';
import { functions } from '../../lib/fs/callback/functions';
import type { CallOptions } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { processState } from '../fixtures/processes';
import { mounted, type Place } from './place';

/** Arguments without the last two, the options and the callback. `more`: further options. */
interface Use {
  args(place: Place, fd: number): unknown[];
  more?: object;
}

const path: Use = { args: (place) => [place.at('file')] };
const folder: Use = { args: (place) => [place.at('full')] };
const two: Use = { args: (place) => [place.at('file'), place.at('new')] };
const fd: Use = { args: (_, number) => [number] };
const bytes = (): Buffer => Buffer.alloc(8);

const uses: Record<keyof typeof functions, Use> = {
  access: path,
  appendFile: { args: (place) => [place.at('file'), 'more'] },
  chmod: { args: (place) => [place.at('file'), 0o600] },
  chown: { args: (place) => [place.at('file'), 0, 0] },
  close: fd,
  copyFile: two,
  cp: { args: (place) => [place.at('full'), place.at('new')], more: { recursive: true } },
  exists: path,
  fchmod: { args: (_, number) => [number, 0o600] },
  fchown: { args: (_, number) => [number, 0, 0] },
  fdatasync: fd,
  fstat: fd,
  fsync: fd,
  ftruncate: { args: (_, number) => [number, 1] },
  futimes: { args: (_, number) => [number, 1, 1] },
  lchown: { args: (place) => [place.at('link'), 0, 0] },
  link: two,
  lstat: path,
  lutimes: { args: (place) => [place.at('link'), 1, 1] },
  mkdir: { args: (place) => [place.at('new/er')], more: { recursive: true } },
  mkdtemp: { args: (place) => [place.at('new')] },
  open: { args: (place) => [place.at('file'), 'r', 0o666] },
  opendir: folder,
  read: { args: (_, number) => [number, bytes(), 0, 8, 0] },
  readdir: { ...folder, more: { recursive: true } },
  readFile: path,
  readlink: { args: (place) => [place.at('link')] },
  readv: { args: (_, number) => [number, [bytes()], 0] },
  realpath: path,
  rename: two,
  rm: { ...folder, more: { recursive: true } },
  rmdir: { args: (place) => [place.at('empty')] },
  stat: path,
  statfs: path,
  symlink: { args: (place) => ['target', place.at('new'), 'file'] },
  truncate: { args: (place) => [place.at('file'), 1] },
  unlink: path,
  utimes: { args: (place) => [place.at('file'), 1, 1] },
  write: { args: (_, number) => [number, bytes(), 0, 8, 0] },
  writeFile: { args: (place) => [place.at('file'), 'text'] },
  writev: { args: (_, number) => [number, [bytes()], 0] },
};

type Callable = (...args: unknown[]) => void;
const all: [string, Callable, Use][] = Object.entries(uses).map(([name, use]) => [
  name,
  functions[name as keyof typeof functions] as unknown as Callable,
  use,
]);
all.push(['realpath.native', functions.realpath.native as unknown as Callable, path]);

describeWith('stallfs', 'a callback function', () => {
  let number = -1;
  // This hook runs before that of mounted(), which counts descriptors.
  afterEach(() => {
    stage.fs.cont();
    if (number >= 0) closeSync(number);
    number = -1;
  });
  const stage = mounted();

  /** Calls the function. Returns the arguments of each call of its callback. */
  function begin(call: Callable, use: Use, place: Place, limits: CallOptions): unknown[][] {
    const heard: unknown[][] = [];
    call(...use.args(place, number), { ...use.more, ...limits }, (...given: unknown[]) => heard.push(given));
    return heard;
  }

  function expectFailure(name: string, heard: unknown[][], expected: object): void {
    expect(heard).toHaveLength(1);
    // The callback of exists() has no error.
    if (name === 'exists') expect(heard).toEqual([[false]]);
    else expect(heard[0]?.[0]).toMatchObject(expected);
  }

  async function stalled(place: Place): Promise<void> {
    number = openSync(place.at('file'), 'r+');
    await place.fs.stop();
  }

  /** Returns how often each request has come. Others ask for the usage of mounts, and the kernel forgets when it likes. */
  async function requests(place: Place): Promise<Record<string, number>> {
    const { statfs: _, forget: __, ...counts } = await place.fs.counts();
    return counts;
  }

  async function over(name: string, place: Place): Promise<void> {
    if (name === 'close') number = -1;
    place.fs.cont();
    await until(() => listPending().length === 0, 'an empty table');
    await turn();
  }

  /** Resolves once the callbacks of all earlier calls have run. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

  it.each(all)('%s: a signal', async (name, call, use) => {
    const place = stage.place();
    await stalled(place);
    const controller = new AbortController();
    const heard = begin(call, use, place, { signal: controller.signal });
    const isAsleep = (): boolean =>
      listPending().some((op) => op.call !== '' && 'SD'.includes(processState(op.threadId) ?? 'none'));
    await until(isAsleep, 'its worker sleeps');
    expect(heard).toEqual([]);
    controller.abort('reason');
    await until(() => heard.length > 0, 'the callback');
    await over(name, place);
    expectFailure(name, heard, { name: 'AbortError', code: 'ABORT_ERR', cause: 'reason' });
  });

  it.each(all)('%s: a timeout', async (name, call, use) => {
    const place = stage.place();
    await stalled(place);
    const heard = begin(call, use, place, { timeout: 20 });
    await until(() => heard.length > 0, 'the callback');
    await over(name, place);
    expectFailure(name, heard, { name: 'TimeoutError', code: 'ETIMEDOUT' });
    const [error] = heard[0] as [InterruptError | false];
    if (error !== false) expect(error.message).toContain('after 20 ms');
  });

  it.each(all)('%s: a signal that is aborted already makes no call', async (name, call, use) => {
    const place = stage.place();
    number = openSync(place.at('file'), 'r+');
    const before = await requests(place);
    await place.fs.stop();
    const heard = begin(call, use, place, { signal: AbortSignal.abort('before') });
    expect(listPending()).toEqual([]);
    expect(heard).toEqual([]);
    await turn();
    expectFailure(name, heard, { name: 'AbortError', outcome: 'cancelled', cause: 'before' });
    place.fs.cont();
    expect(await requests(place)).toEqual(before);
  });
});
