import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type InterruptOptions, interruptUnder, listPending, onPending, type PendingOp } from '../../lib';
import { type FileHandle, open, readFile, rename, symlink } from '../../lib/fs/promises';
import { withFolder } from '../fixtures/folder';
import { run } from '../fixtures/processes';
import { failing, rejection, running } from './tools';

describe('interruptUnder', () => {
  let handles: FileHandle[];
  let failures: Promise<unknown>[];

  afterEach(async () => {
    await interruptUnder('/');
    await Promise.all(failures);
    for (const handle of handles) await handle.close();
  });
  // Four places with one stuck read of a handle each.
  const folder = withFolder('under');
  beforeEach(async () => {
    handles = [];
    failures = [];
    for (const name of ['b', 'bc', 'b/c', 'd e']) {
      await mkdir(folder(name), { recursive: true });
      await run('mkfifo', [folder(name, 'fifo')]);
      const handle = await open(folder(name, 'fifo'), 'r+');
      handles.push(handle);
      failures.push(failing(handle.read(Buffer.alloc(1))));
    }
    await running(4);
  });

  const where = (ops: PendingOp[]): string[] =>
    ops.map((op) => relative(folder(), join(op.pathname(), '..')));
  const left = (): string[] => where(listPending());
  const ended = async (
    path: Parameters<typeof interruptUnder>[0],
    options?: InterruptOptions,
  ): Promise<string[]> => {
    // Long enough for the signal, so that no task is killed.
    const reports = await interruptUnder(path, { grace: 60_000, ...options });
    for (const { outcome } of reports) expect(outcome).toBe('interrupted');
    return where(reports.map(({ op }) => op));
  };

  it('ends calls below the path, and none beside it', async () => {
    expect(await ended(folder('b'))).toEqual(['b', 'b/c']);
    expect(left()).toEqual(['bc', 'd e']);
    expect(await ended(folder('bc', 'fifo'))).toEqual(['bc']);
    expect(left()).toEqual(['d e']);
    expect(await ended(folder('d'))).toEqual([]);
    expect(await ended(folder())).toEqual(['d e']);
    expect(await ended(folder())).toEqual([]);
  });

  it('takes relative paths, dots and slashes at the end', async () => {
    const before = process.cwd();
    process.chdir(folder('b'));
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
    expect(await ended(Buffer.from(folder('b', 'c')))).toEqual(['b/c']);
    expect(await ended(pathToFileURL(folder('d e')))).toEqual(['d e']);
    expect(left()).toEqual(['b', 'bc']);
  });

  it('passes the reason and the grace on', async () => {
    await ended(folder('bc'), { reason: 'unmounted', grace: 5000 });
    expect(await failures[1]).toMatchObject({ cause: 'unmounted', outcome: 'interrupted', code: 'EINTR' });
  });

  it('ends calls by path as well as on handles', async () => {
    const calls = [failing(open(folder('b', 'c', 'none'))), failing(readFile(folder('bc', 'none')))];
    await interruptUnder(folder('b', 'c'));
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

  // Interrupted in the tick of their call, before they are submitted, so all of them are cancelled.
  it('knows where a rename goes', async () => {
    const calls = [
      failing(rename(folder('x'), folder('bc', 'y'))),
      failing(rename(folder('bc', 'x'), folder('y'))),
      failing(rename(folder('x'), folder('y'))),
    ];
    await interruptUnder(folder('bc'));
    const errors = await Promise.all(calls);
    expect(errors.map(({ code }) => code)).toEqual(['EINTR', 'EINTR', 'ENOENT']);
    expect(errors[0]).toMatchObject({
      path: folder('x'),
      dest: folder('bc', 'y'),
      syscall: 'rename',
    });
  });

  it('does not take the target of a symbolic link for a place', async () => {
    const calls = symlink(folder('bc', 'target'), folder('link'));
    await interruptUnder(folder('bc'));
    await calls;
    const failure = failing(symlink('anywhere', folder('bc', 'link')));
    await interruptUnder(folder('bc'));
    expect((await failure).outcome).toBe('cancelled');
  });

  it('ends a call once, though its parts are listed too', async () => {
    let ends = 0;
    const off = onPending(({ type, op }) => {
      if (type === 'end' && op.fn() === 'read') ends++;
    });
    expect(await ended(folder())).toHaveLength(4);
    off();
    expect(ends).toBe(4);
  });
});
