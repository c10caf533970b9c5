// Timeouts of calls. Calls with the same timeout fall due in the order in which they began, so there is one
// list for each timeout in whole ms, and one timer for each list. Adding and removing a call takes no search.
import { LONGEST_TIMER, now } from '../util/clock';
import { outside } from '../util/outside';
import { setTimeout } from '../util/timers';
import type { Call } from './index';
import { timeLeft } from './usual-timeout';

interface List {
  readonly timeout: number;
  first: Deadline | undefined;
  last: Deadline | undefined;
  timer: boolean;
}

/** When a call falls due, and its place in its list. */
export interface Deadline {
  readonly call: Call<unknown>;
  readonly at: number;
  readonly list: List;
  previous: Deadline | undefined;
  next: Deadline | undefined;
}

const lists = new Map<number, List>();

/** Lets the call time out `ms` from now. */
export function setDeadline(call: Call<unknown>, ms: number): void {
  const timeout = Math.ceil(ms);
  let list = lists.get(timeout);
  if (list === undefined) {
    list = { timeout, first: undefined, last: undefined, timer: false };
    lists.set(timeout, list);
  }
  const previous = list.last;
  const deadline = { call, at: now() + timeout, list, previous, next: undefined };
  call.deadline = deadline;
  if (previous === undefined) list.first = deadline;
  else previous.next = deadline;
  list.last = deadline;
  if (!list.timer) arm(list, timeout);
}

export function removeDeadline(call: Call<unknown>): void {
  const { list, previous, next } = call.deadline as Deadline;
  call.deadline = undefined;
  if (previous === undefined) list.first = next;
  else previous.next = next;
  if (next === undefined) list.last = previous;
  else next.previous = previous;
}

function arm(list: List, ms: number): void {
  list.timer = true;
  // The timer does not keep the event loop alive: the calls themselves do.
  outside(() => setTimeout(() => expire(list), Math.min(ms, LONGEST_TIMER)).unref());
}

function expire(list: List): void {
  list.timer = false;
  const at = now();
  // A timer may fire up to a millisecond early.
  for (let due = list.first; due !== undefined && due.at <= at + 1; due = list.first) {
    const { call } = due;
    removeDeadline(call);
    const left = call.hasUsualTimeout ? timeLeft(call) : 0;
    if (left === 0) call.stop('timeout', undefined);
    else if (left !== Infinity) setDeadline(call, left);
  }
  // If a call of this list was given more time, setDeadline() may have armed the timer already.
  if (list.first === undefined) lists.delete(list.timeout);
  else if (!list.timer) arm(list, Math.max(1, list.first.at - at));
}
