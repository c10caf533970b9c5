// Makes functions look like Node's. Functions here take more arguments than Node's; their `length` is Node's.
import { Dir as NodeDir } from 'node:fs';
import { promisify } from 'node:util';

// biome-ignore lint/complexity/noBannedTypes: whatever its arguments are.
export type AnyFunction = Function;

/**
 * Sets the `length` of Node's function. Frameworks tell by it whether a function takes a callback, and promisify and
 * curry functions tell by it how many arguments.
 */
export function likeOriginal(made: unknown, original: unknown): void {
  if (typeof original === 'function') takes(made, original.length);
}

function takes(made: unknown, length: number): void {
  if (typeof made !== 'function' || made.length === length) return;
  Object.defineProperty(made, 'length', { value: length, configurable: true });
}

const methodOf = (prototype: object, key: string | symbol): unknown =>
  Object.getOwnPropertyDescriptor(prototype, key)?.value;

/**
 * Gives a function the name, the length and the symbol properties of Node's, so that util.promisify treats it alike.
 */
export function dress(made: AnyFunction, node: AnyFunction): AnyFunction {
  likeOriginal(made, node);
  if (made.name !== node.name) Object.defineProperty(made, 'name', { value: node.name, configurable: true });
  for (const symbol of Object.getOwnPropertySymbols(node)) {
    // Node's util.promisify.custom would call Node's function.
    if (symbol === promisify.custom) continue;
    Object.defineProperty(made, symbol, Object.getOwnPropertyDescriptor(node, symbol) as PropertyDescriptor);
  }
  return made;
}

/**
 * Returns a proxy that stands for a class. `new` of the proxy constructs with the real class as new.target: instances
 * of a Proxy get no hidden class in V8, so every access to them would be slow.
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

/** `made` returns the class that is in place when the function is called. */
export function maker<T extends AnyFunction>(name: string, made: () => AnyFunction): T {
  // A function, since arrows and methods cannot be called with `new`, as some programs do.
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

/**
 * The lengths of the methods of Node's FileHandle, 0 for those not listed. Node does not export the class, so they
 * cannot be read without opening a file.
 */
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
