// The code that piscina calls in a task's thread.
import { threadId } from 'node:worker_threads';
import { setTracking } from '../call/tracking';
import { interrupt, listPending } from '../table';
import { warnOfHandler } from '../util/handler-warning';
import { toPortable } from '../util/portable-error';
import { enter, type InterruptHandler, leave } from './context';
import { type Answer, cloneable, type Order, type Report, type Stop } from './protocol';

// Calls that the task has in flight can be listed and interrupted only if they are tracked.
setTracking(true);

type Target = (data: unknown) => unknown;

async function load(target: Order['target']): Promise<Target> {
  if ('source' in target) {
    try {
      return new Function(`return (${target.source}\n)`)() as Target;
    } catch (error) {
      const message = `The function cannot be run from its text, as native functions, bound functions and methods cannot; pass a module instead: ${(error as Error).message}`;
      throw Object.assign(new TypeError(message, { cause: error }), { code: 'ERR_TASK_NO_FUNCTION' });
    }
  }
  const module = (await import(target.url)) as Record<string, unknown>;
  const inner = module.default as Record<string, unknown> | undefined;
  // Of a CommonJS module, `default` is everything that it exports.
  const found = [module[target.name], inner?.[target.name]].find((each) => typeof each === 'function');
  if (found !== undefined) return found as Target;
  const message = `The module ${target.url} exports no function called '${target.name}'; the option \`name\` says which one is the task`;
  throw Object.assign(new TypeError(message), { code: 'ERR_TASK_NO_FUNCTION' });
}

export default async function carryOut({ target, data, port, state }: Order): Promise<Answer> {
  if (Atomics.compareExchange(state, 0, 0, threadId) !== 0) return { value: undefined };
  const handlers = enter();
  const report = (message: Report): void => port.postMessage(message);
  port.on('message', ({ reason, grace }: Stop) => {
    void stop(handlers, reason, grace).then((handled) => report({ handled }));
  });
  try {
    const value = await (await load(target))(data);
    try {
      structuredClone(value);
    } catch (error) {
      const text = `The result of a task must be data that can be cloned, as by structuredClone(): ${(error as Error).message}`;
      throw Object.assign(new TypeError(text, { cause: error }), { code: 'ERR_TASK_RESULT' });
    }
    return { value };
  } catch (error) {
    return { error: toPortable(error, cloneable, isCloned) };
  } finally {
    leave();
    port.close();
  }
}

/** The errors of AbortSignals are DOMExceptions. Node keeps their class when it sends them between threads. */
const isCloned = (error: unknown): boolean => error instanceof DOMException && cloneable(error);

async function stop(handlers: InterruptHandler[], reason: unknown, grace: number): Promise<boolean> {
  let handled = false;
  for (let handler = handlers.pop(); handler !== undefined; handler = handlers.pop()) {
    handled = true;
    try {
      await handler(reason);
    } catch (error) {
      warnOfHandler('An onInterrupt handler of a task', error);
    }
  }
  const ops = listPending();
  if (ops.length > 0) await interrupt(ops, { reason, grace });
  return handled || ops.length > 0;
}
