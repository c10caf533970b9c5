// The program of a helper process: `helper-main.js <module>`. Loads the module, and calls its function for each
// request.
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serialize } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { noop } from '../util/noop';
import { toPortable } from '../util/portable-error';
import { CHANNEL, Channel } from './channel';
import type { Answer, Request } from './messages';
import { HELPER_MARK } from './node-program';

// Processes that this one starts are no helpers.
delete process.env[HELPER_MARK];

// Started before the module is loaded, since that may block. Node itself takes 4 MB (Node 20) to 7 MB (Node 24) of the
// old generation. If the thread had no room for what it loads besides, it would end the helper.
new Worker(join(__dirname, 'keepalive.js'), {
  resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 },
}).unref();

type Work = (...args: unknown[]) => unknown;

function sendable(value: unknown): boolean {
  try {
    serialize(value);
    return true;
  } catch {
    return false;
  }
}

const socket = new Socket({ fd: CHANNEL, readable: true, writable: true });
let calls: (request: Request) => void = noop;
const channel = new Channel(socket, (request) => calls(request as Request));

/** Throws if the value in the answer cannot be sent. */
const send = (answer: Answer): void => channel.send(answer);

const fail = (id: number, error: unknown): void =>
  send({ type: 'error', id, error: toPortable(error, sendable) });

async function load(path: string): Promise<Work> {
  const loaded = (await import(pathToFileURL(path).href)) as { default?: unknown };
  // In an ES module that was compiled to CommonJS the default export is one level down.
  const inner = (loaded.default as { default?: unknown } | undefined)?.default;
  const work = typeof loaded.default === 'function' ? loaded.default : inner;
  if (typeof work === 'function') return work as Work;
  const error = new TypeError(
    `The module '${path}' has no function as its default export: export the function that runIsolated() has to call`,
  );
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
}

async function call(work: Work, { id, args }: Request): Promise<void> {
  let value: unknown;
  try {
    value = await work(...args);
  } catch (error) {
    fail(id, error);
    return;
  }
  try {
    send({ type: 'value', id, value });
  } catch (error) {
    const message = `The value that the isolated function returned cannot be sent to this process: ${(error as Error).message}`;
    fail(id, Object.assign(new TypeError(message), { code: 'ERR_INVALID_RETURN_VALUE' }));
  }
}

async function main(): Promise<void> {
  let work: Work;
  try {
    work = await load(process.argv[2] as string);
  } catch (error) {
    send({ type: 'unloadable', error: toPortable(error, sendable) });
    channel.close();
    return;
  }
  calls = (request) => void call(work, request);
  send({ type: 'ready' });
}

void main();
