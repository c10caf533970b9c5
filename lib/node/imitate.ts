// Functions that look like Node's where they take more arguments: `length` is that of the original.
import { Dir as NodeDir } from 'node:fs';
import { promisify } from 'node:util';

// biome-ignore lint/complexity/noBannedTypes: whatever its arguments are.
export type AnyFunction = Function;

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

/** As Node's function looks from outside: its name and length, and what util.promisify goes by. */
export function dress(made: AnyFunction, node: AnyFunction): AnyFunction {
  likeOriginal(made, node);
  if (made.name !== node.name) Object.defineProperty(made, 'name', { value: node.name, configurable: true });
  for (const symbol of Object.getOwnPropertySymbols(node)) {
    // That one would call Node's.
    if (symbol === promisify.custom) continue;
    Object.defineProperty(made, symbol, Object.getOwnPropertyDescriptor(node, symbol) as PropertyDescriptor);
  }
  return made;
}

/**
 * Stands for a class. Who is made with `new` of it is made of the class itself: V8 finds no shape for what is made of
 * a proxy, and all that is done with such an object is slow.
 */
export function standIn<T extends AnyFunction>(
  nodes: T,
  construct: (args: unknown[], kind: AnyFunction) => object,
  apply: (self: unknown, args: unknown[]) => unknown,
): T {
  const made: T = new Proxy(nodes, {
    construct: (target, args, kind) => construct(args, kind === made ? target : (kind as AnyFunction)),
    apply: (_, self, args) => apply(self, args),
  });
  return made;
}

/** `made`: the class as it is when the function is called. */
export function maker<T extends AnyFunction>(name: string, made: () => AnyFunction): T {
  // Code has been seen to call it with `new`: no arrow, no method.
  function create(path: unknown, options: unknown): unknown {
    return Reflect.construct(made(), [path, options]);
  }
  return Object.defineProperty(create, 'name', { value: name, configurable: true }) as unknown as T;
}

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
