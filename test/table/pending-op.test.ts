import { readlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { configure, interrupt, listPending, OpKind, PendingOp } from '../../lib';
import { open, readdir, readFile, rename, stat, writeFile as writeOurs } from '../../lib/fs/promises';
import { inFolder, withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { run } from '../fixtures/processes';
import { failing, pending, running, withFifo } from './tools';

const fifo = withFifo();

describe('a PendingOp', () => {
  it('tells what a call is and where it stands', async () => {
    const failure = failing(open(fifo().path, 'r', 0o600));
    const [queued] = listPending() as [PendingOp];
    const [op] = (await running()) as [PendingOp];
    expect(op).toBeInstanceOf(PendingOp);
    expect(op.id).toBe(queued.id);
    expect(Number.isInteger(op.id) && op.id > 0).toBe(true);
    expect(op.fn()).toBe('open');
    expect(op.kind()).toBe(OpKind.Top | OpKind.File);
    expect(op.params()).toEqual([fifo().path, 'r', 0o600]);
    expect(op.pathname()).toBe(fifo().path);
    expect(op.call).toBe('openat');
    expect(op.threadId).toBeGreaterThan(1);
    expect(readlinkSync(`/proc/${op.threadId}/exe`)).toBe(process.execPath);
    expect(op.label).toBe('');
    expect(op.parent).toBe(0);
    expect(op.stack).toBeUndefined();
    expect(op.queuedMs).toBeGreaterThanOrEqual(0);
    await until(() => (listPending()[0]?.runningMs ?? 0) > 3, 'an op that has run for 3 ms');
    const [later] = listPending();
    expect(later?.id).toBe(op.id);
    // A snapshot: it stays as it was.
    expect(op.runningMs).toBeLessThan(later?.runningMs ?? 0);
    expect(later?.queuedMs).toBe(op.queuedMs);
    await interrupt(op);
    await failure;
    expect(op.state).toBe('running');
  });

  it('names the system call that a whole op is in', async () => {
    const failure = failing(readFile(fifo().path));
    await running();
    expect(listPending()[0]?.call).toBe('openat');
    // A writer that writes nothing.
    fifo().open();
    await until(() => listPending()[0]?.call === 'read', 'readFile in its read');
    await interrupt(listPending());
    expect((await failure).syscall).toBe('read');
    // A reader that reads nothing.
    const writing = failing(writeOurs(fifo().path, Buffer.alloc(1 << 20)));
    await until(() => listPending()[0]?.call === 'write', 'writeFile in its write');
    await interrupt(listPending());
    expect((await writing).syscall).toBe('write');
  });

  it('has an absolute path, whatever the working directory is by then', async () => {
    const before = process.cwd();
    process.chdir(join(fifo().path, '..'));
    const failures = [failing(open('fifo')), failing(open('.//./fifo')), failing(open(Buffer.from('fifo')))];
    const ops = await running(3);
    process.chdir(before);
    for (const op of ops) expect(op.pathname()).toBe(fifo().path);
    expect(ops.map((op) => op.params()[0])).toEqual(['fifo', './/./fifo', 4]);
    expect(listPending({ under: fifo().path })).toHaveLength(3);
    expect(listPending({ under: before })).toHaveLength(0);
    await interrupt(ops);
    expect((await Promise.all(failures)).map(({ path }) => path)).toEqual(['fifo', './/./fifo', 'fifo']);
  });

  it('shows buffers as their length', async () => {
    const handle = await open(fifo().path, 'r+');
    const buffer = Buffer.alloc(77);
    const failures = [
      handle.read(buffer, 1, 30),
      handle.read({ buffer, length: 5 }),
      handle.readv([buffer, new Uint32Array(3)]),
      handle.readFile('latin1'),
      handle.readFile(),
    ].map(failing);
    const ops = await running(5);
    expect(ops.map((op) => op.fn())).toEqual(['read', 'read', 'readv', 'readFile', 'readFile']);
    expect(ops.map((op) => op.params())).toEqual([
      [77, 1, 30],
      [{ buffer: 77, length: 5 }],
      [[77, 12]],
      ['latin1'],
      [],
    ]);
    for (const op of ops) {
      expect(op.pathname()).toBe(fifo().path);
      expect(op.kind()).toBe(OpKind.Top | OpKind.File);
    }
    await interrupt(handle.listPending());
    await Promise.all(failures);
    await handle.close();
  });

  it('takes file URLs', async () => {
    const failure = failing(open(pathToFileURL(fifo().path)));
    const [op] = (await running()) as [PendingOp];
    expect(op.pathname()).toBe(fifo().path);
    await interrupt(op);
    expect((await failure).path).toBe(fifo().path);
  });

  it('has ids that grow', async () => {
    const calls = Array.from({ length: 10 }, () => stat('/'));
    const ids = listPending().map((op) => op.id);
    await Promise.all(calls);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('can be looked at', async () => {
    const failure = failing(open(fifo().path));
    const [op] = (await running()) as [PendingOp];
    for (const text of [inspect(op), inspect({ op }, { depth: 0 }), inspect([[op]])]) {
      expect(text).toContain('PendingOp');
      expect(text.length).toBeLessThan(1000);
    }
    expect(inspect(op)).toContain('running');
    expect(JSON.parse(JSON.stringify(op))).toMatchObject({ id: op.id, state: 'running', call: 'openat' });
    await interrupt(op);
    await failure;
  });
});

describe('toString', () => {
  afterEach(() => interrupt(listPending()));
  const folder = withFolder('lines');

  const odd = [
    'plain',
    'two words',
    'line\nbreak',
    'cr\rlf\n',
    'esc\u001b[31m',
    'c1\u009b31m',
    'ls\u2028ps\u2029',
    '"',
    'żółć',
  ];
  it.each(odd)('is one line: %j', async (name) => {
    const path = folder(name);
    await run('mkfifo', [path]);
    const failure = failing(open(path));
    const [op] = (await running()) as [PendingOp];
    const text = String(op);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    expect(text).toMatch(/^#\d+ open .+ running \d+\.\d ms openat thread \d+( on .+)?$/);
    expect(text).toContain(name === 'plain' ? ` ${path} ` : ' "');
    expect(op.pathname()).toBe(path);
    await interrupt(op);
    await failure;
  });

  it('survives bytes that are no text', async () => {
    const path = Buffer.concat([Buffer.from(`${folder()}/`), Buffer.from([0xff, 0x0a, 0xfe])]);
    await run('sh', ['-c', `mkfifo "$(printf '${folder()}/\\377\\n\\376')"`]);
    const failure = failing(open(path));
    const [op] = (await running()) as [PendingOp];
    expect(String(op)).not.toMatch(/\n/);
    expect(listPending({ under: path })).toHaveLength(1);
    expect(listPending({ under: Buffer.concat([path, Buffer.from('x')]) })).toHaveLength(0);
    expect(listPending({ under: path.toString() })).toHaveLength(0);
    await interrupt(op);
    await failure;
  });
});

describe('composites', () => {
  it('have parts that name their parent', () =>
    inFolder('parts', async (folder) => {
      await mkdir(folder('sub'));
      for (let i = 0; i < 20; i++) await writeFile(folder('sub', `${i}`), '');
      const listing = readdir(folder(), { recursive: true });
      const seen = new Map<number, PendingOp>();
      let over = false;
      const done = listing.finally(() => {
        over = true;
      });
      while (!over) {
        for (const op of listPending()) seen.set(op.id, op);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await done).length).toBe(21);
      const ops = [...seen.values()];
      const top = ops.find((op) => op.kind() & OpKind.Top) as PendingOp;
      expect(top.fn()).toBe('readdir');
      expect(top.parent).toBe(0);
      expect(top.pathname()).toBe(folder());
      const parts = ops.filter((op) => op !== top);
      expect(parts.length).toBeGreaterThan(0);
      for (const op of parts) {
        expect(op.parent).toBe(top.id);
        expect(op.kind() & OpKind.Top).toBe(0);
        expect(op.pathname().startsWith(folder())).toBe(true);
      }
    }));
});

describe('stacks', () => {
  it('are kept when asked for', async () => {
    configure({ captureStacks: true });
    try {
      const failure = failing(
        (function whoCalls() {
          return open(fifo().path);
        })(),
      );
      const [op] = (await running()) as [PendingOp];
      expect(op.stack).toContain('whoCalls');
      expect(op.stack).toContain('pending-op.test.ts');
      await interrupt(op);
      expect((await failure).op.stack).toBe(op.stack);
    } finally {
      configure({ captureStacks: false });
    }
    const failure = failing(rename(fifo().path, '/none/at/all'));
    expect((await pending(1))[0]?.stack).toBeUndefined();
    await failure;
  });
});
