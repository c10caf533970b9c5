// The messages between a helper and its parent.
import type { PortableError } from '../util/portable-error';

/** To the helper: call the module's function. */
export interface Request {
  id: number;
  args: readonly unknown[];
}

/** From the helper: its module is loaded, or cannot be loaded; or what became of a call. */
export type Answer =
  | { type: 'ready' }
  | { type: 'unloadable'; error: PortableError }
  | { type: 'value'; id: number; value: unknown }
  | { type: 'error'; id: number; error: PortableError };
