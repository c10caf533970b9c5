// Terminals, serial lines and FIFOs: their opens, reads and writes can be interrupted, and no byte is lost.
import { constants } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InterruptError, interrupt, listPending, TimeoutError } from '../../lib';
import * as callbacks from '../../lib/fs';
import { type FileHandle, open, readFile } from '../../lib/fs/promises';
import { Fifo } from '../fixtures/fifo';
import { withSharedFolder } from '../fixtures/folder';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { Child, run } from '../fixtures/processes';
import { failing, rejection } from '../table/tools';

const tools = withSharedFolder('pty');
beforeAll(async () => {
  await run('cc', ['-O1', '-o', tools('pty'), join(__dirname, 'programs/pty.c')]);
});

const blocked = (path: string, call: string): Promise<unknown> =>
  until(() => listPending({ under: path }).some((op) => op.call === call), `it is in ${call}`);

/** Interrupts what is pending on the file. */
async function end(path: string): Promise<void> {
  const reports = await interrupt(listPending({ under: path }), { grace: 60_000 });
  expect(reports).toMatchObject([{ outcome: 'interrupted' }]);
}

describe.each(['terminal', 'raw'] as const)('a pty, %s', (mode) => {
  let terminal: Child;
  let path = '';
  let handle: FileHandle;

  beforeEach(async () => {
    terminal = Child.start(tools('pty'), [mode]);
    await terminal.says('\n');
    path = terminal.stdout.trim();
    handle = await open(path, constants.O_RDWR | constants.O_NOCTTY);
  });
  afterEach(async () => {
    await handle.close();
    terminal.endInput();
    await terminal.wait();
  });

  it('a read is interrupted; the line that is typed afterwards is read whole', async () => {
    const buffer = Buffer.alloc(64, 'm');
    const failed = failing(handle.read(buffer));
    await blocked(path, 'read');
    await end(path);
    expect(await failed).toMatchObject({ code: 'EINTR', syscall: 'read', path, bytesDone: 0 });
    expect(buffer.equals(Buffer.alloc(64, 'm'))).toBe(true);
    const next = handle.read(buffer);
    terminal.write('typed\n');
    const { bytesRead } = await next;
    expect(buffer.toString('latin1', 0, bytesRead)).toBe('typed\n');
  });

  it('a line that was begun when the read was interrupted is there for the next', async () => {
    const failed = failing(handle.read(Buffer.alloc(64)));
    await blocked(path, 'read');
    if (mode === 'terminal') terminal.write('half ');
    await end(path);
    await failed;
    const next = handle.read(Buffer.alloc(64));
    terminal.write('line\n');
    const { bytesRead, buffer } = await next;
    expect(buffer.toString('latin1', 0, bytesRead)).toBe(mode === 'terminal' ? 'half line\n' : 'line\n');
  });

  it('a read ends by its signal and its timeout, through a handle and by path', async () => {
    const controller = new AbortController();
    const aborted = failing(
      readFile(path, { flag: constants.O_RDONLY | constants.O_NOCTTY, signal: controller.signal }),
    );
    await blocked(path, 'read');
    controller.abort('enough');
    expect(await aborted).toMatchObject({ name: 'AbortError', cause: 'enough', outcome: 'interrupted' });
    const late = await rejection(handle.read(Buffer.alloc(8), { timeout: 20 }));
    expect(late).toBeInstanceOf(TimeoutError);
  });

  it('a read of the callback API ends', async () => {
    const error = new Promise<Error | null>((resolve) => {
      callbacks.read(handle.fd, Buffer.alloc(8), 0, 8, null, (failure) => resolve(failure));
    });
    await until(() => listPending({ fn: 'read', state: 'running' }).length === 1, 'it reads');
    await interrupt(listPending({ fn: 'read' }), { grace: 60_000 });
    expect(await error).toBeInstanceOf(InterruptError);
  });

  it('a write is interrupted while nobody reads the other side', async () => {
    // More than the terminal holds, so the write stalls after some bytes.
    const size = 1024 * 1024;
    const outcome = handle.write(Buffer.alloc(size, 'w')).then(
      ({ bytesWritten }) => bytesWritten,
      (error: InterruptError) => error.outcome,
    );
    await blocked(path, 'write');
    await interrupt(listPending({ under: path }), { grace: 60_000 });
    const how = await outcome;
    // The kernel returns how many bytes it took, or EINTR if it took none.
    if (typeof how === 'number') expect(how).toBeLessThan(size);
    else expect(how).toBe('interrupted');
    expect(listPending()).toEqual([]);
  });
});

describe('a FIFO', () => {
  let fifo: Fifo;
  let before: OpenDescriptors;
  beforeEach(async () => {
    fifo = await Fifo.make();
    before = new OpenDescriptors();
  });
  afterEach(async () => {
    await fifo.remove();
    await before.closed();
  });

  it.each(['r', 'w'])('an open for %s ends by its signal and its timeout', async (flags) => {
    const controller = new AbortController();
    const aborted = failing(open(fifo.path, flags, 0o666, { signal: controller.signal }));
    await blocked(fifo.path, 'openat');
    controller.abort();
    expect(await aborted).toMatchObject({ name: 'AbortError', syscall: 'open', outcome: 'interrupted' });
    const late = await rejection(open(fifo.path, flags, 0o666, { timeout: 20 }));
    expect(late).toMatchObject({ name: 'TimeoutError', path: fifo.path });
    expect(listPending()).toEqual([]);
  });

  it('a read ends by its signal', async () => {
    fifo.open();
    const handle = await open(fifo.path);
    const controller = new AbortController();
    const aborted = failing(handle.read(Buffer.alloc(8), { signal: controller.signal }));
    await blocked(fifo.path, 'read');
    controller.abort();
    expect(await aborted).toMatchObject({ name: 'AbortError', syscall: 'read', bytesDone: 0 });
    await handle.close();
  });
});
