// Timeouts of calls. Calls with the same timeout fall due in the order in which they began: a list for each length,
// and one timer for each list. To add and to remove one takes no search.
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers';
import type { Call } from './call';

interface List {
  first: Call<unknown> | undefined;
  last: Call<unknown> | undefined;
  timer: boolean;
}

const LONGEST_TIMER = 2 ** 31 - 1;
const lists = new Map<number, List>();

export function setDeadline(call: Call<unknown>): void {
  const { timeout } = call;
  let list = lists.get(timeout);
  if (list === undefined) {
    list = { first: undefined, last: undefined, timer: false };
    lists.set(timeout, list);
  }
  call.deadline = performance.now() + timeout;
  call.previousDeadline = list.last;
  if (list.last === undefined) list.first = call;
  else list.last.nextDeadline = call;
  list.last = call;
  if (!list.timer) arm(list, timeout, timeout);
}

export function removeDeadline(call: Call<unknown>): void {
  const list = lists.get(call.timeout) as List;
  const { previousDeadline: previous, nextDeadline: next } = call;
  if (previous === undefined) list.first = next;
  else previous.nextDeadline = next;
  if (next === undefined) list.last = previous;
  else next.previousDeadline = previous;
  call.previousDeadline = call.nextDeadline = undefined;
  call.deadline = 0;
}

function arm(list: List, timeout: number, ms: number): void {
  list.timer = true;
  // Not what keeps the loop alive: the calls themselves do.
  setTimeout(() => expire(list, timeout), Math.min(ms, LONGEST_TIMER)).unref();
}

function expire(list: List, timeout: number): void {
  list.timer = false;
  const now = performance.now();
  // Timers may fire up to a millisecond early.
  for (let call = list.first; call !== undefined && call.deadline <= now + 1; call = list.first) {
    removeDeadline(call);
    call.stop('timeout', undefined);
  }
  if (list.first === undefined) lists.delete(timeout);
  else arm(list, timeout, Math.max(1, list.first.deadline - now));
}
