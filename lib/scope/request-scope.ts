// requestScope(): a scope for each request of an HTTP server, with one line for express, fastify and node:http.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { noop } from '../util/noop';
import { validateNames } from '../validate/values';
import { runInterruptible } from './run-interruptible';
import type { Scope } from './scope';

export interface RequestScopeOptions {
  /** Milliseconds after which the request's calls are interrupted. 0 and Infinity: none. Default: none. */
  timeout?: number | undefined;
  /** What the table shows with its calls. Default: the method and the path, as in `GET /files`. */
  label?: ((request: IncomingMessage) => string) | undefined;
}

/** What frameworks wrap: fastify has Node's own objects as `raw`. */
type Wrapped<T> = T | { readonly raw: T };

const rawOf = <T extends object>(wrapped: Wrapped<T>): T => ('raw' in wrapped ? wrapped.raw : wrapped);

const scopes = new WeakMap<IncomingMessage, Scope>();
const OPTIONS = new Set(['timeout', 'label']);

function defaultLabel({ method = '', url = '' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return `${method} ${end < 0 ? url : url.slice(0, end)}`;
}

/**
 * A function that calls `next` in a scope: every call that the request's handler makes, in any package, is interrupted when
 * the client goes away before it has its answer, or after `timeout` ms.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { requestScope } from 'pendingop';
 * import { readFile } from 'pendingop/fs/promises';
 * // express: app.use(requestScope({ timeout: 10_000 })); fastify: app.addHook('onRequest', requestScope({ timeout: 10_000 }));
 * const scoped = requestScope({ timeout: 10_000 });
 * createServer((request, response) => {
 *   scoped(request, response, async () => {
 *     response.end(await readFile('/mnt/nas/page.html'));
 *   });
 * });
 * ```
 */
export function requestScope(
  options: RequestScopeOptions = {},
): (request: Wrapped<IncomingMessage>, response: Wrapped<ServerResponse>, next: () => void) => void {
  validateNames(options, OPTIONS);
  const { timeout, label = defaultLabel } = options;
  return (wrappedRequest, wrappedResponse, next) => {
    const request = rawOf(wrappedRequest);
    const response = rawOf(wrappedResponse);
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (response.writableFinished) resolve();
        else gone.abort(new Error('The client has closed the connection'));
      });
    });
    runInterruptible({ timeout, label: label(request), signal: gone.signal }, (scope) => {
      scopes.set(request, scope);
      next();
      return closed;
      // What became of the scope is told by the calls in it.
    }).catch(noop);
  };
}

/** The scope of a request that requestScope() has seen; undefined: of another. */
export const scopeOf = (request: Wrapped<IncomingMessage>): Scope | undefined => scopes.get(rawOf(request));
