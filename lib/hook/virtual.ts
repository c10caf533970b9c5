// Node's virtual file systems: Node 26 mounts them with --experimental-vfs, --vfs-load, or in a single executable. Only
// Node's own functions know what is on them.
import { isBuiltin } from 'node:module';
import { devNull } from 'node:os';
import { sep } from 'node:path';

/** All of them are mounted below this path, where nothing real can be. */
const ROOT = `${devNull}${sep}vfs`;

/** Their descriptors are numbered from here on. No system gives a process so many. */
const FIRST_DESCRIPTOR = 0x40000000;

const isApplication = (): boolean =>
  process.getBuiltinModule?.('node:sea')?.isSea() === true &&
  Number.parseInt(process.versions.node, 10) >= 26;

/** Whether this process can have any. */
export const areVirtual: boolean = isBuiltin('node:vfs') || isApplication();

/** Returns whether an argument is a path, a file URL, a descriptor or a FileHandle of a virtual file system. */
function isVirtual(argument: unknown): boolean {
  if (typeof argument === 'string' || Buffer.isBuffer(argument)) return argument.includes(ROOT);
  if (argument instanceof Uint8Array) return Buffer.from(argument).includes(ROOT);
  if (typeof argument === 'number') return argument >= FIRST_DESCRIPTOR;
  if (argument instanceof URL) return argument.pathname.includes(ROOT);
  const { fd } = Object(argument) as { fd?: unknown };
  return typeof fd === 'number' && fd >= FIRST_DESCRIPTOR;
}

const TWO_PATHS: ReadonlySet<string> = new Set(['copyFile', 'cp', 'link', 'rename', 'symlink']);

/** Returns whether a call of the function `name` is one on a virtual file system. */
export const isOnVirtual = (name: string, args: readonly unknown[]): boolean =>
  isVirtual(args[0]) || (TWO_PATHS.has(name) && isVirtual(args[1]));
