import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { FileHandle as OurFileHandle } from '../../lib/fs/handle/file-handle';
import { badValues, both, type Fsp, type Handle, type Settled, settle, withHandle } from './harness';

/* Every method of FileHandle, with one argument replaced by each wrong value, and on a closed handle. */

interface Shape {
  args: () => unknown[];
  /** By argument, values that abort Node itself (an assertion in its C++ code). */
  fatal?: Record<number, (label: string) => boolean>;
}

type Methods = { [K in keyof FileHandle]: FileHandle[K] extends (...args: never[]) => unknown ? K : never };
type Method = Methods[keyof FileHandle];

// Node's C++ code asserts that a length is an integer, and converts other values to numbers. These do not abort it.
const length = ['undefined', 'null', '0', '1', '-1', 'Infinity', '-Infinity', '2147483648', '4294967296'];
const sure = (label: string): boolean => ![...length, '9007199254740992', '10n', 'symbol'].includes(label);
const big = (label: string): boolean => label === '2147483648';

const four = (): Buffer => Buffer.from('wxyz');
const shapes: [name: string, method: Method, shape: Shape][] = [
  ['appendFile', 'appendFile', { args: () => ['more', 'utf8'] }],
  ['chmod', 'chmod', { args: () => [0o600], fatal: { 0: big } }],
  ['chown', 'chown', { args: () => [-1, -1] }],
  ['read buffer', 'read', { args: () => [four(), 0, 4, 0], fatal: { 2: sure } }],
  ['read options', 'read', { args: () => [{ buffer: four(), length: 2 }] }],
  ['read buffer, options', 'read', { args: () => [four(), { offset: 1 }] }],
  ['readFile', 'readFile', { args: () => ['utf8'] }],
  ['readv', 'readv', { args: () => [[four(), four()], 0] }],
  ['stat', 'stat', { args: () => [{}] }],
  ['truncate', 'truncate', { args: () => [3] }],
  ['utimes', 'utimes', { args: () => [1, 2] }],
  ['write buffer', 'write', { args: () => [four(), 0, 4, 0] }],
  ['write buffer, options', 'write', { args: () => [four(), { offset: 1 }] }],
  ['write string', 'write', { args: () => ['żółw', 1, 'utf8'] }],
  ['writeFile', 'writeFile', { args: () => ['new', 'utf8'] }],
  ['writev', 'writev', { args: () => [[four(), four()], 0] }],
  ['sync', 'sync', { args: () => [] }],
  ['datasync', 'datasync', { args: () => [] }],
];

type Call = (...args: unknown[]) => unknown;
const call = (handle: FileHandle, method: Method, args: unknown[]): Promise<Settled> =>
  settle(() => (handle[method] as Call)(...args));

/** Returns the position of the handle, and the content of its file, which may be huge and sparse. */
async function standing(handle: FileHandle): Promise<unknown[]> {
  const rest = await handle.read(Buffer.alloc(64));
  const start = await handle.read(Buffer.alloc(64), 0, 64, 0);
  return [rest, start, (await handle.stat()).size];
}

describe.each(shapes)('%s', (_name, method, { args, fatal }) => {
  for (const at of args().keys()) {
    both(`argument ${at}`, async (fsp, dir) => {
      const seen: Record<string, unknown> = {};
      for (const [label, value] of badValues()) {
        if (fatal?.[at]?.(label)) continue;
        await fsp.chmod(`${dir}/file.txt`, 0o644);
        await fsp.writeFile(`${dir}/file.txt`, 'hello, world\n');
        await withHandle(fsp, `${dir}/file.txt`, 'r+', async (handle) => {
          const done = await call(handle, method, args().with(at, value));
          seen[label] = [done, await standing(handle)];
        });
      }
      return seen;
    });
  }

  both('too few arguments', (fsp, dir) =>
    withHandle(fsp, `${dir}/file.txt`, 'r+', async (handle) => {
      const seen: unknown[] = [];
      for (const count of args().keys()) seen.push(await call(handle, method, args().slice(0, count)));
      return [seen, await standing(handle)];
    }),
  );

  both('closed handle, and a wrong argument on a closed handle', async (fsp, dir) => {
    const handle = await fsp.open(`${dir}/file.txt`, 'r+');
    await handle.close();
    return [await call(handle, method, args()), await call(handle, method, [Symbol('s')]), handle.fd];
  });

  both('while closing', async (fsp, dir) => {
    const handle = await fsp.open(`${dir}/file.txt`, 'r+');
    const closing = handle.close();
    const done = await call(handle, method, args());
    return [done, await settle(() => closing), handle.fd];
  });
});

const streamMethods: [method: Method, options: string[]][] = [
  ['createReadStream', ['start', 'end', 'encoding', 'highWaterMark', 'autoClose', 'emitClose', 'signal']],
  ['createWriteStream', ['start', 'encoding', 'highWaterMark', 'autoClose', 'emitClose', 'flush', 'signal']],
];

describe.each(streamMethods)('%s', (method, options) => {
  const made = async (fsp: Fsp, dir: string, given: unknown): Promise<unknown> => {
    const handle = await fsp.open(`${dir}/file.txt`, 'r+');
    const settled = await call(handle, method, [given]);
    if (settled.how === 'returned') await ended(settled.value as Readable);
    else release(handle);
    await handle.close();
    return settled.how === 'returned' ? settled.how : settled;
  };

  for (const option of options) {
    both(`option ${option}`, async (fsp, dir) => {
      const seen: Record<string, unknown> = {};
      for (const [label, value] of badValues()) {
        // Without a 'close' event the test cannot wait for the end.
        if (option !== 'emitClose' || value) seen[label] = await made(fsp, dir, { [option]: value });
      }
      return seen;
    });
  }

  both('options', async (fsp, dir) => {
    const seen: Record<string, unknown> = {};
    for (const [label, value] of badValues()) seen[label] = await made(fsp, dir, value);
    return seen;
  });
});

async function ended(stream: Readable): Promise<void> {
  const closed = new Promise((resolve) => stream.on('close', resolve));
  stream.on('error', () => {});
  stream.destroy();
  await closed;
}

/** Removes the reference and the listener that a stream leaves on Node's handle if its constructor throws. */
function release(handle: FileHandle): void {
  if ((handle as unknown) instanceof OurFileHandle) return;
  (handle as Handle).removeAllListeners('close');
  const unref = Object.getOwnPropertySymbols(Object.getPrototypeOf(handle)).find(
    (each) => each.description === 'kUnref',
  );
  if (unref) (Reflect.get(handle, unref) as Call).call(handle);
}
