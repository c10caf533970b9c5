// Before the process changes its user, groups or capabilities, every task ends. To the kernel a task is a process, with
// user ids, groups and capabilities of its own, so it would keep the old ones.
import { native } from './addon';
import { settings } from './settings';

const CHANGES = ['setuid', 'seteuid', 'setgid', 'setegid', 'setgroups', 'initgroups'] as const;

/** The listeners of beforeChange(). */
const listeners = new Set<() => void>();

/** Calls `listener` before the process changes its user or group ids. */
export function beforeChange(listener: () => void): void {
  listeners.add(listener);
}

/** Returns a text that differs as soon as one of the user or group ids differs. */
export const rights = (): string =>
  [
    process.getuid?.(),
    process.geteuid?.(),
    process.getgid?.(),
    process.getegid?.(),
    process.getgroups?.(),
  ].join();

function change<T>(name: string, apply: () => T): T {
  for (const listener of listeners) listener();
  const left = native.retireTasks(settings.grace);
  try {
    if (left < 0) throw tasksKept(name, -left);
    if (left > 0) warn(name, left);
    return apply();
  } finally {
    native.resumeTasks();
  }
}

/**
 * The error if a task can not be ended. The ids were not changed: a program that gives up its rights must not go on as
 * if they were gone.
 */
function tasksKept(name: string, count: number): Error {
  const message =
    `process.${name}() was not carried out: ${count} of the processes in which pendingop makes calls ` +
    'cannot be ended, and would keep the rights that this process has now. Try again when they have ended, or call ' +
    "configure({ killable: 'never' }) before the first call";
  return Object.assign(new Error(message), { code: 'ERR_TASKS_KEEP_RIGHTS' });
}

function warn(name: string, count: number): void {
  process.emitWarning(
    `${count} of the processes in which pendingop makes calls were killed before process.${name}(), but the ` +
      'kernel has not released the calls that they are in. Until it does, the system lists them with the rights that ' +
      'this process had. They run no code any more.',
    { type: 'SecurityWarning', code: 'PENDINGOP_TASKS_HELD' },
  );
}

/**
 * Wraps the functions of the main thread only. On other threads Node puts functions there that refuse, and marks them
 * `disabled`. (isMainThread would tell, too, but to load node:worker_threads takes a tenth of a program's start.)
 */
function wrapAll(): void {
  for (const name of CHANGES) {
    const place = Object.getOwnPropertyDescriptor(process, name);
    if (typeof place?.value !== 'function' || !place.configurable || 'disabled' in place.value) continue;
    const original = place.value as (...args: unknown[]) => unknown;
    const wrapped = function (this: unknown, ...args: unknown[]): unknown {
      return change(name, () => Reflect.apply(original, this, args));
    };
    for (const key of ['length', 'name'] as const)
      Object.defineProperty(wrapped, key, { value: original[key], configurable: true });
    Object.defineProperty(process, name, { ...place, value: wrapped });
  }
}

wrapAll();
