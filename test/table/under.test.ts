import { mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type InterruptOptions, interruptUnder, listPending, onPending, type PendingOp } from '../../lib';
import { type FileHandle, open, readFile, rename, symlink } from '../../lib/fs/promises';
import { temporary } from '../fixtures/mounts';
import { run } from '../fixtures/processes';
import { failing, rejection, running } from './tools';

describe('interruptUnder', () => {
  let folder: string;
  let handles: FileHandle[];
  let failures: Promise<unknown>[];

  // One read on a handle for each: four places that are stuck.
  beforeEach(async () => {
    folder = await temporary('under');
    handles = [];
    failures = [];
    for (const name of ['b', 'bc', 'b/c', 'd e']) {
      await mkdir(join(folder, name), { recursive: true });
      await run('mkfifo', [join(folder, name, 'fifo')]);
      const handle = await open(join(folder, name, 'fifo'), 'r+');
      handles.push(handle);
      failures.push(failing(handle.read(Buffer.alloc(1))));
    }
    await running(4);
  });

  afterEach(async () => {
    await interruptUnder('/');
    await Promise.all(failures);
    for (const handle of handles) await handle.close();
    await rm(folder, { recursive: true });
  });

  const where = (ops: PendingOp[]): string[] => ops.map((op) => relative(folder, join(op.pathname(), '..')));
  const left = (): string[] => where(listPending());
  const ended = async (
    path: Parameters<typeof interruptUnder>[0],
    options?: InterruptOptions,
  ): Promise<string[]> => {
    // Time enough for the signal: nobody is to be killed.
    const reports = await interruptUnder(path, { grace: 60_000, ...options });
    for (const { outcome } of reports) expect(outcome).toBe('interrupted');
    return where(reports.map(({ op }) => op));
  };

  it('ends what is below, and nothing beside it', async () => {
    expect(await ended(join(folder, 'b'))).toEqual(['b', 'b/c']);
    expect(left()).toEqual(['bc', 'd e']);
    expect(await ended(join(folder, 'bc', 'fifo'))).toEqual(['bc']);
    expect(left()).toEqual(['d e']);
    expect(await ended(join(folder, 'd'))).toEqual([]);
    expect(await ended(folder)).toEqual(['d e']);
    expect(await ended(folder)).toEqual([]);
  });

  it('takes relative paths, dots and slashes at the end', async () => {
    const before = process.cwd();
    process.chdir(join(folder, 'b'));
    try {
      expect(await ended('../bc')).toEqual(['bc']);
      expect(await ended('./c/')).toEqual(['b/c']);
      expect(await ended('')).toEqual([]);
      expect(await ended('.')).toEqual(['b']);
      expect(await ended('..//b/../')).toEqual(['d e']);
    } finally {
      process.chdir(before);
    }
  });

  it('takes Buffers and file URLs', async () => {
    expect(await ended(Buffer.from(join(folder, 'b', 'c')))).toEqual(['b/c']);
    expect(await ended(pathToFileURL(join(folder, 'd e')))).toEqual(['d e']);
    expect(left()).toEqual(['b', 'bc']);
  });

  it('passes the reason and the grace on', async () => {
    await ended(join(folder, 'bc'), { reason: 'unmounted', grace: 5000 });
    expect(await failures[1]).toMatchObject({ cause: 'unmounted', outcome: 'interrupted', code: 'EINTR' });
  });

  it('ends calls by path as well as on handles', async () => {
    const calls = [
      failing(open(join(folder, 'b', 'c', 'none'))),
      failing(readFile(join(folder, 'bc', 'none'))),
    ];
    await interruptUnder(join(folder, 'b', 'c'));
    expect((await calls[0])?.code).toMatch(/EINTR|ENOENT/);
    expect((await calls[1])?.code).toBe('ENOENT');
  });

  const wrong: [unknown, string][] = [
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
    [1, 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_INVALID_ARG_TYPE'],
    ['a\0', 'ERR_INVALID_ARG_VALUE'],
    [new URL('http://example.com/'), 'ERR_INVALID_URL_SCHEME'],
  ];
  it.each(wrong)('refuses %p', async (path, code) => {
    expect((await rejection<NodeJS.ErrnoException>(interruptUnder(path as string))).code).toBe(code);
    expect(left()).toHaveLength(4);
  });

  it('refuses bad options', async () => {
    expect((await rejection<NodeJS.ErrnoException>(interruptUnder('/', { grace: -1 }))).code).toBe(
      'ERR_OUT_OF_RANGE',
    );
    expect(
      (await rejection<NodeJS.ErrnoException>(interruptUnder('/', null as unknown as undefined))).code,
    ).toBe('ERR_INVALID_ARG_TYPE');
    expect(left()).toHaveLength(4);
  });

  // Interrupted in the tick of their call: they are not submitted yet, so that it is sure what becomes of them.
  it('knows where a rename goes', async () => {
    const calls = [
      failing(rename(join(folder, 'x'), join(folder, 'bc', 'y'))),
      failing(rename(join(folder, 'bc', 'x'), join(folder, 'y'))),
      failing(rename(join(folder, 'x'), join(folder, 'y'))),
    ];
    await interruptUnder(join(folder, 'bc'));
    const errors = await Promise.all(calls);
    expect(errors.map(({ code }) => code)).toEqual(['EINTR', 'EINTR', 'ENOENT']);
    expect(errors[0]).toMatchObject({
      path: join(folder, 'x'),
      dest: join(folder, 'bc', 'y'),
      syscall: 'rename',
    });
  });

  it('does not take the text of a symbolic link for a place', async () => {
    const calls = symlink(join(folder, 'bc', 'target'), join(folder, 'link'));
    await interruptUnder(join(folder, 'bc'));
    await calls;
    const failure = failing(symlink('anywhere', join(folder, 'bc', 'link')));
    await interruptUnder(join(folder, 'bc'));
    expect((await failure).outcome).toBe('cancelled');
  });

  it('ends a call once, though its parts are listed too', async () => {
    let ends = 0;
    const off = onPending(({ type, op }) => {
      if (type === 'end' && op.fn() === 'read') ends++;
    });
    expect(await ended(folder)).toHaveLength(4);
    off();
    expect(ends).toBe(4);
  });
});
