// requestScope() and mounts.health() with the real express, fastify and terminus.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createTerminus } from '@godaddy/terminus';
import { afterEach, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { mounts, requestScope, scopeOf } from '../../lib';
import { readFile } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { running, withFifo } from '../table/tools';

// biome-ignore lint/suspicious/noExplicitAny: express ships no types
const express = require('express') as () => any;

let close: () => Promise<unknown> = async () => undefined;
afterEach(() => close());

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, resolve));
  close = () => new Promise((resolve) => server.close(resolve));
  return (server.address() as AddressInfo).port;
}

/** Requests the path, and disconnects as soon as `ready` has resolved. */
async function askAndLeave(port: number, ready: () => Promise<unknown>): Promise<void> {
  const socket = connect(port, '127.0.0.1', () =>
    socket.write('GET /file?secret=1 HTTP/1.1\r\nHost: a\r\n\r\n'),
  );
  await ready();
  socket.destroy();
}

describe('requestScope()', () => {
  const fifo = withFifo();
  const servers: [name: string, start: (heard: (error: Error) => void) => Promise<number>][] = [
    [
      'express',
      (heard) => {
        const app = express();
        app.use(requestScope());
        app.get('/file', (_request: unknown, response: { end(): void }) => {
          readFile(fifo().path).then(() => response.end(), heard);
        });
        return listen(createServer(app));
      },
    ],
    [
      'fastify',
      async (heard) => {
        const app = fastify();
        app.addHook('onRequest', requestScope());
        app.get('/file', async () => {
          await readFile(fifo().path).catch(heard);
          return 'over';
        });
        await app.listen({ port: 0 });
        close = () => app.close();
        return (app.server.address() as AddressInfo).port;
      },
    ],
    [
      'node:http',
      (heard) => {
        const scoped = requestScope();
        return listen(
          createServer((request, response) => {
            scoped(request, response, () => {
              expect(scopeOf(request)?.label).toBe('GET /file');
              readFile(fifo().path).then(() => response.end(), heard);
            });
          }),
        );
      },
    ],
    [
      'what has a context and waits for its middleware, as koa does',
      (heard) => {
        interface Context {
          readonly req: IncomingMessage;
          readonly res: ServerResponse;
        }
        type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>;
        const scoped = requestScope();
        const middleware: Middleware[] = [
          // The recipe of docs/scopes.md.
          ({ req, res }, next) =>
            new Promise((resolve, reject) => scoped(req, res, () => next().then(resolve, reject))),
          async () => {
            await readFile(fifo().path);
          },
        ];
        const run = (context: Context, at = 0): Promise<void> =>
          middleware[at]?.(context, () => run(context, at + 1)) ?? Promise.resolve();
        return listen(
          createServer((req, res) => {
            run({ req, res }).then(() => res.end(), heard);
          }),
        );
      },
    ],
  ];

  it.each(servers)(
    '%s: when a client disconnects, the calls of its request are interrupted',
    async (_, start) => {
      const errors: Error[] = [];
      const port = await start((error) => errors.push(error));
      await askAndLeave(port, async () => {
        const [op] = await running();
        expect(op?.label).toBe('GET /file');
      });
      await until(() => errors.length === 1, 'the call has ended');
      expect(errors[0]).toMatchObject({ name: 'AbortError', outcome: 'interrupted' });
    },
  );

  it('express: calls that take too long are interrupted', async () => {
    const app = express();
    app.use(requestScope({ timeout: 50 }));
    app.get('/file', (_request: unknown, response: { status(code: number): { end(text: string): void } }) => {
      readFile(fifo().path).catch((error: NodeJS.ErrnoException) =>
        response.status(503).end(String(error.code)),
      );
    });
    const port = await listen(createServer(app));
    const response = await fetch(`http://127.0.0.1:${port}/file`);
    expect([response.status, await response.text()]).toEqual([503, 'ETIMEDOUT']);
  });
});

describe('mounts.health()', () => {
  it('ok is true if every mount answers', async () => {
    const { ok, mounts: asked } = await mounts.health({ paths: ['/', '/usr'], timeout: 10_000 });
    expect([ok, asked.length > 0]).toEqual([true, true]);
  });

  it.each([[{ paths: 1 }], [{ timeout: -1 }], [{ path: '/' }]])('refuses %j', async (options) => {
    await expect(mounts.health(options as object)).rejects.toThrow();
  });
});

describeWith('stallfs', 'mounts.health() of a mount that hangs', () => {
  const page = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');
  /** Runs the recipe of docs/metrics.md, as it is printed there. */
  const follow = (name: string, given: Record<string, unknown>): void => {
    const code = new RegExp(`^\`\`\`js ${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1];
    if (code === undefined) throw new Error(`docs/metrics.md has no recipe for ${name}`);
    new Function(...Object.keys(given), code)(...Object.values(given));
  };
  type Ready = () => Promise<boolean>;
  const recipes: [name: string, serve: (ready: Ready) => Server | Promise<Server>][] = [
    [
      'terminus',
      (ready) => {
        const server = createServer((_, response) => response.end());
        const quiet: typeof createTerminus = (to, options) =>
          createTerminus(to, { ...options, logger: () => undefined });
        follow('terminus', { server, ready, createTerminus: quiet });
        return server;
      },
    ],
    [
      'express',
      (ready) => {
        const app = express();
        follow('express', { app, ready });
        return createServer(app);
      },
    ],
    [
      'fastify',
      async (ready) => {
        const app = fastify();
        follow('fastify', { app, ready });
        await app.ready();
        return app.server;
      },
    ],
  ];

  it.each(recipes)(
    'the recipe for %s: the program is not ready while the mount stalls, then ready again',
    async (_, serve) => {
      const fs = await StallFs.mount();
      try {
        const isReady = async (): Promise<boolean> =>
          (await mounts.health({ paths: [fs.path], timeout: 300 })).ok;
        const port = await listen(await serve(isReady));
        const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/ready`)).status;
        expect(await ready()).toBe(200);
        await fs.late({ op: 'statfs' });
        expect(await ready()).toBe(503);
        await fs.release();
        await fs.normal();
        await until(() => mounts.of(fs.path).pending === 0, 'nothing waits');
        expect(await ready()).toBe(200);
      } finally {
        await fs.unmount();
      }
    },
  );
});
