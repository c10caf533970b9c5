// Functions that look like Node's where they take more arguments: `length` is that of the original.
import { Dir as NodeDir } from 'node:fs';

/** Frameworks tell by it whether a function takes a callback, promisify and curry by it how many arguments. */
export function likeOriginal(made: unknown, original: unknown): void {
  if (typeof original === 'function') takes(made, original.length);
}

function takes(made: unknown, length: number): void {
  if (typeof made !== 'function' || made.length === length) return;
  Object.defineProperty(made, 'length', { value: length, configurable: true });
}

const methodOf = (prototype: object, key: string | symbol): unknown =>
  Object.getOwnPropertyDescriptor(prototype, key)?.value;

export function likeNodeDir(prototype: object): void {
  for (const key of Reflect.ownKeys(prototype)) {
    likeOriginal(methodOf(prototype, key), methodOf(NodeDir.prototype, key));
  }
}

/** Node does not export its FileHandle: nothing to look at without opening a file. Methods that are not here have 0. */
const FILE_HANDLE: Record<string, number> = {
  appendFile: 2,
  chmod: 1,
  chown: 2,
  read: 4,
  readFile: 1,
  readv: 2,
  stat: 1,
  utimes: 2,
  write: 4,
  writeFile: 2,
  writev: 2,
};

export function likeNodeFileHandle(prototype: object): void {
  for (const key of Object.getOwnPropertyNames(prototype)) {
    if (key !== 'constructor') takes(methodOf(prototype, key), FILE_HANDLE[key] ?? 0);
  }
}
