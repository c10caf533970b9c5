import dns from 'node:dns';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { withSharedFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child, run } from '../fixtures/processes';
import { dist, rejection, thrown } from '../table/tools';
import { isGone, lookup, withPlace } from './tools';

const look = promisify(lookup);
const place = withPlace();

const nothing = (): void => undefined;

/** The arguments of a callback. */
type Given = unknown[];
const given = (start: (callback: (...args: Given) => void) => unknown): Promise<Given> =>
  new Promise((resolve) => start((...args) => resolve(args)));
const both = async (...args: unknown[]): Promise<[Given, Given]> => {
  const call = (fn: unknown) => given((callback) => (fn as (...all: unknown[]) => void)(...args, callback));
  return [await call(lookup), await call(dns.lookup)];
};

describe('as dns.lookup()', () => {
  it.each([
    ['localhost'],
    ['localhost', 4],
    ['localhost', {}],
    ['localhost', { all: true }],
    ['localhost', { family: 'IPv4' }],
    ['localhost', { family: 4, hints: dns.ADDRCONFIG }],
    ['localhost', { verbatim: true, all: true }],
    ['127.0.0.1'],
    ['::1', { all: true }],
    ['::1', 6],
    ['no-such-name.invalid'],
    ['no-such-name.invalid', { all: true }],
  ])('%j %j', async (...args) => {
    const [ours, nodes] = await both(...args.filter((arg) => arg !== undefined));
    expect(ours).toEqual(nodes);
    if (nodes[0] === null) return;
    const [error, expected] = [ours[0] as NodeJS.ErrnoException, nodes[0] as NodeJS.ErrnoException];
    expect(Object.entries(error)).toEqual(Object.entries(expected));
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe(String(expected));
  });

  it.each<unknown[]>([
    ['x'],
    ['x', 5, nothing],
    ['x', 'options', nothing],
    ['x', { family: 7 }, nothing],
    ['x', { all: 1 }, nothing],
    ['x', { hints: 1 << 20 }, nothing],
    ['x', { all: true }],
    [5, nothing],
    [5],
    ['::1'],
    [Symbol.iterator, nothing],
  ])('refuses the same: %p', (...args: unknown[]) => {
    const call = (fn: unknown) => thrown(() => (fn as (...all: unknown[]) => void)(...args));
    const [ours, nodes] = [call(lookup), call(dns.lookup)];
    expect(ours).toMatchObject({ name: nodes.name, code: nodes.code, message: nodes.message });
  });

  it.each(['x', '127.0.0.1'])('refuses an invalid signal or timeout, for %s', (name) => {
    const callback = (): void => undefined;
    expect(thrown(() => lookup(name, { timeout: -1 }, callback)).code).toBe('ERR_OUT_OF_RANGE');
    const signal = {} as AbortSignal;
    expect(thrown(() => lookup(name, { signal }, callback)).code).toBe('ERR_INVALID_ARG_TYPE');
  });

  it.each(['localhost', '127.0.0.1'])('with a signal that is aborted already: %s', async (name) => {
    const error = await rejection(look(name, { signal: AbortSignal.abort('no') }));
    expect(error).toMatchObject({ code: 'ABORT_ERR', outcome: 'cancelled', cause: 'no' });
  });

  it('promisified, resolves to the address and its family', async () => {
    const node = promisify(dns.lookup);
    expect(await look('localhost')).toEqual(await node('localhost'));
    expect(await look('localhost', { all: true })).toEqual(await node('localhost', { all: true }));
    expect(await look('127.0.0.1')).toEqual({ address: '127.0.0.1', family: 4 });
    const error = await rejection<Error>(look('no-such-name.invalid'));
    expect(error).toMatchObject({ code: 'ENOTFOUND', hostname: 'no-such-name.invalid' });
  });

  it('what its callback throws is an uncaught exception', async () => {
    const script = `const { lookup } = require(${JSON.stringify(join(dist, 'isolated'))});
      process.on('uncaughtException', (error, origin) => { console.log(origin, error.message); process.exit(0); });
      lookup('localhost', () => { throw new Error('mine'); });`;
    const child = Child.node(script);
    await child.wait();
    expect(child.stdout.trim()).toBe('uncaughtException mine');
  });

  it('as the option of net and http', async () => {
    const server = http.createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const { port } = server.address() as AddressInfo;
    const text = await new Promise<string>((resolve, reject) => {
      http
        .get({ host: 'localhost', port, lookup, agent: false }, (response) => {
          response.setEncoding('utf8').on('data', resolve);
        })
        .on('error', reject);
    });
    expect(text).toBe('hello');
    const socket = net.connect({ host: 'localhost', port, lookup });
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('with a resolver that hangs', () => {
  const folder = withSharedFolder('lookup');
  beforeAll(async () => {
    const library = folder('getaddrinfo.so');
    await run('cc', ['-O1', '-shared', '-fPIC', '-o', library, join(__dirname, 'programs/getaddrinfo.c')]);
  });

  /** Runs a program whose helper has the hanging resolver. Returns its output, and the log of the resolver's questions. */
  async function program(body: string): Promise<{ said: string; log: string[] }> {
    const script = `const po = require(${JSON.stringify(dist)});
      const { lookup } = require(${JSON.stringify(join(dist, 'isolated'))});
      const { readFileSync, existsSync, openSync, writeSync } = require('node:fs');
      const look = require('node:util').promisify(lookup);
      const lines = () => existsSync(process.env.LOOKUP_LOG) ? readFileSync(process.env.LOOKUP_LOG, 'utf8').trim().split('\\n') : [];
      const asked = async (count) => { while (lines().length < count) await new Promise((go) => setTimeout(go, 2)); };
      const code = (promise) => promise.then(() => 'done', (error) => error.code);
      po.trackPending(true);
      ${body}`;
    const env = {
      ...process.env,
      LD_PRELOAD: folder('getaddrinfo.so'),
      LOOKUP_LOG: place.log(),
      LOOKUP_FIFO: place.fifo(),
    };
    const child = Child.start(process.execPath, ['-e', `(async () => {${script}})()`], { env });
    const { code } = await child.wait();
    if (code !== 0) throw new Error(child.stderr);
    return { said: child.stdout.trim(), log: place.lines() };
  }
  const pids = (log: string[], name: string): string[] =>
    log.filter((line) => line.endsWith(` ${name}`)).map((line) => line.split(' ')[0] as string);

  it('a look-up is listed and interrupted; its helper ends', async () => {
    const { said, log } = await program(`
      const failed = code(look('stall-one', { family: 4 }));
      await asked(1);
      const [op] = po.listPending(po.OpKind.Net);
      console.log(op.fn(), JSON.stringify(op.params()), op.kind(), JSON.stringify(op.pathname()));
      const [report] = await po.interrupt(po.listPending(), { grace: 60_000 });
      console.log(report.outcome, await failed, po.listPending().length);
      console.log((await look('fast')).address);`);
    expect(said.split('\n')).toEqual([
      'lookup ["stall-one",{"family":4}] 33 ""',
      'killed EINTR 0',
      '192.0.2.7',
    ]);
    const [first] = pids(log, 'stall-one');
    expect(pids(log, 'fast')).not.toEqual([first]);
    expect(isGone(Number(first))).toBe(true);
  });

  it('ends by its signal and its timeout', async () => {
    const { said } = await program(`
      const controller = new AbortController();
      const aborted = code(look('stall-one', { signal: controller.signal }));
      await asked(1);
      controller.abort();
      const late = await look('stall-two', { timeout: 50 }).catch((error) => error);
      console.log(await aborted, late.code, late.mayHaveTakenEffect);
      console.log(await code(look('fast', { signal: AbortSignal.abort() })));`);
    expect(said.split('\n')).toEqual(['ABORT_ERR ETIMEDOUT false', 'ABORT_ERR']);
  });

  it('many run at once in one helper; if one is interrupted, the others are made again in a new one', async () => {
    const { said, log } = await program(`
      const names = Array.from({ length: 40 }, (_, i) => 'stall-' + i);
      const all = names.map((name) => look(name).then(({ address }) => address, (error) => error.code));
      await asked(40);
      console.log((await look('fast')).address);
      await po.interrupt(po.listPending().slice(0, 1), { grace: 60_000 });
      await asked(80);
      const free = openSync(process.env.LOOKUP_FIFO, 'w');
      writeSync(free, Buffer.alloc(100));
      console.log(JSON.stringify(await Promise.all(all).then((results) => results.slice(0, 3))));`);
    expect(said.split('\n')).toEqual(['192.0.2.7', '["EINTR","192.0.2.7","192.0.2.7"]']);
    expect(new Set(log.map((line) => line.split(' ')[0])).size).toBe(2);
    expect(pids(log, 'stall-0')).toHaveLength(1);
    expect(pids(log, 'stall-1')).toHaveLength(2);
  });

  it('a look-up that crashes its helper fails in the end; another one at the same time does not', async () => {
    const { said, log } = await program(`
      const crash = code(look('crash-it'));
      console.log(await crash, (await look('fast')).address);`);
    expect(said).toBe('ERR_HELPER_ENDED 192.0.2.7');
    expect(pids(log, 'crash-it')).toHaveLength(2);
  });

  it('a pending one keeps the program alive, and process.exit() ends both', async () => {
    const { log } = await program(`
      look('stall-one');
      asked(1).then(() => process.exit(0));`);
    await until(() => isGone(Number(pids(log, 'stall-one')[0])), 'the helper is gone');
  });

  it('a late answer of the resolver arrives late', async () => {
    const { said } = await program(`
      const late = look('stall-one');
      await asked(1);
      const fd = openSync(process.env.LOOKUP_FIFO, 'w');
      writeSync(fd, 'x');
      console.log((await late).family);`);
    expect(said).toBe('4');
  });
});

it('is not loaded before it is used', async () => {
  const script = `require(${JSON.stringify(dist)});
    console.log(process.moduleLoadList.filter((name) => name.endsWith(' child_process')).length);`;
  const child = Child.node(script);
  await child.wait();
  expect(child.stdout).toBe('0\n');
});
