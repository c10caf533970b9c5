// requestScope(): a scope for each request of an HTTP server. One middleware for express, fastify and node:http.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { noop } from '../util/noop';
import { validateNames } from '../validate/values';
import { runInterruptible } from './run-interruptible';
import type { Scope } from './scope';

/** Options of requestScope(). */
export interface RequestScopeOptions {
  /**
   * ms after which the scope of a request ends, and its calls are interrupted; 0 and `Infinity`: no timeout.
   * @default none
   */
  timeout?: number | undefined;
  /**
   * Makes the label that listPending() shows with the calls of a request.
   * @default method and path, as in `GET /files`
   */
  label?: ((request: IncomingMessage) => string) | undefined;
}

/** A request or response, or the object of a framework around it: fastify has Node's own objects as `raw`. */
type Wrapped<T> = T | { readonly raw: T };

const rawOf = <T extends object>(wrapped: Wrapped<T>): T => ('raw' in wrapped ? wrapped.raw : wrapped);

const scopes = new WeakMap<IncomingMessage, Scope>();
const OPTIONS = new Set(['timeout', 'label']);

function defaultLabel({ method = '', url = '' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return `${method} ${end < 0 ? url : url.slice(0, end)}`;
}

/**
 * Makes a middleware that runs the handler of each request in a scope. The scope ends if the client closes the connection
 * before it has its answer, or after `timeout` ms. Its end interrupts every call that the handler has made, at any depth
 * and in any package.
 *
 * @param options - the timeout, and the label of the scopes
 * @returns a function of request, response and `next`, for express, fastify and node:http
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
      // The calls in the scope report its end; the promise of the scope itself tells nothing more.
    }).catch(noop);
  };
}

/**
 * Returns the scope of a request that came through requestScope(); undefined for any other request.
 *
 * @param request - Node's request, or the request object of express or fastify
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { requestScope, scopeOf } from 'pendingop';
 * const scoped = requestScope();
 * createServer((request, response) => {
 *   scoped(request, response, () => {
 *     scopeOf(request)?.onInterrupt(() => console.log('the client is gone:', request.url));
 *     response.end();
 *   });
 * });
 * ```
 */
export const scopeOf = (request: Wrapped<IncomingMessage>): Scope | undefined => scopes.get(rawOf(request));
