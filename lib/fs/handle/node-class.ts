// Node's own class of FileHandles, which ours inherits from. So Node's code takes a handle of ours for one (HTTP/2's
// respondWithFD(), streams and functions that somebody got hold of before node:fs was patched), and a handle can be
// transferred to another thread: what arrives there is Node's own.
import { Blob } from 'node:buffer';
import type { AnyFunction } from '../../node/imitate';

/** Where Node looks for the class of what arrives. */
const deserializeInfo = 'internal/fs/promises:FileHandle';

const named = (prototype: object, description: string): symbol | undefined =>
  Object.getOwnPropertySymbols(prototype).find((symbol) => symbol.description === description);

/** Node exports it nowhere, and open() gives one only later: here one has arrived, in a message to this thread. */
function nodesClass(): AnyFunction | undefined {
  try {
    const message = new Blob([]);
    const content = { data: { handle: { fd: -1 } }, deserializeInfo };
    Object.defineProperty(message, named(Blob.prototype, 'messaging_clone_symbol') as symbol, {
      value: () => content,
    });
    return (structuredClone(message) as object).constructor;
  } catch {
    return undefined;
  }
}

/** Node's own object for a descriptor, which closes it when it is collected. */
interface Descriptor {
  /** Detaches the descriptor, which stays open. */
  releaseFD(): number;
}

function descriptorOf(fd: number): Descriptor | undefined {
  try {
    const { binding } = process as unknown as {
      binding(name: string): { FileHandle: new (fd: number) => Descriptor };
    };
    return new (binding('fs').FileHandle)(fd);
  } catch {
    return undefined;
  }
}

/** What Node calls handles of. */
interface Use<H> {
  retain(handle: H): void;
  unretain(handle: H): void;
  /** The descriptor, where nobody uses it: -1 where somebody does, or it is closed. */
  unused(handle: H): number;
  /** The descriptor is somebody else's now. */
  giveUp(handle: H): void;
}

/**
 * Makes `base`, a class of EventEmitters, one of FileHandles. Where that cannot be it stays what it is. `prototype`: the
 * handles' own.
 */
export function inheritFromNode<H extends object>(base: { prototype: H }, prototype: H, use: Use<H>): void {
  const nodes = nodesClass();
  if (nodes === undefined) return;
  const leaving = new WeakMap<H, Descriptor>();
  const methods: Record<string, (this: H) => unknown> = {
    kRef() {
      use.retain(this);
    },
    kUnref() {
      use.unretain(this);
    },
    messaging_transfer_list_symbol() {
      const fd = use.unused(this);
      const descriptor = fd < 0 ? undefined : descriptorOf(fd);
      if (descriptor === undefined) return [];
      leaving.set(this, descriptor);
      // It may not come to that: the message cannot be cloned, perhaps.
      queueMicrotask(() => {
        if (leaving.delete(this)) descriptor.releaseFD();
      });
      return [descriptor];
    },
    messaging_transfer_symbol() {
      const handle = leaving.get(this);
      if (handle === undefined || use.unused(this) < 0)
        throw new DOMException('Cannot transfer FileHandle while in use', 'DataCloneError');
      leaving.delete(this);
      use.giveUp(this);
      return { data: { handle }, deserializeInfo };
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    const symbol = named(nodes.prototype, name);
    if (symbol === undefined) return;
    Object.defineProperty(prototype, symbol, { value, writable: true, configurable: true });
  }
  // Of the prototype, for `instanceof`; of the class, for its constructor, which marks what can be transferred.
  Object.setPrototypeOf(base.prototype, nodes.prototype);
  Object.setPrototypeOf(base, nodes);
}
