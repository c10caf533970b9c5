// Makes FileHandle inherit from Node's own class, which Node does not export. So Node's code accepts a handle of this
// package (HTTP/2's respondWithFD(), streams, and functions that a program took from node:fs before it was patched),
// and a handle can be transferred to another thread, where it arrives as Node's own.
import { Blob } from 'node:buffer';
import type { AnyFunction } from '../../node/imitate';
import { queueMicrotask } from '../../util/timers';

/** The name under which Node looks up the class of an object that arrives in a message. */
const deserializeInfo = 'internal/fs/promises:FileHandle';

const named = (prototype: object, description: string): symbol | undefined =>
  Object.getOwnPropertySymbols(prototype).find((symbol) => symbol.description === description);

/**
 * Node does not export the class, and open() would return an instance only later. So this function has an instance
 * arrive at once, in a message to this thread.
 */
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

/** Node's own object for a descriptor. It closes the descriptor when it is collected. */
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

/** What Node's code does with a handle. */
interface Use<H> {
  retain(handle: H): void;
  unretain(handle: H): void;
  /** Returns the descriptor if no call uses it; -1: a call does, or it is closed. */
  unused(handle: H): number;
  /** Gives up the descriptor: another owner closes it. */
  giveUp(handle: H): void;
}

/**
 * Makes `base`, a class of EventEmitters, inherit from Node's FileHandle. If that is not possible, `base` stays as it
 * is. `prototype`: the prototype of the handles.
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
      // The transfer may fail after this, for instance if the message cannot be cloned. The handle then keeps the
      // descriptor.
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
  // The prototype is set for `instanceof`; the class is set for its constructor, which marks the object as
  // transferable.
  Object.setPrototypeOf(base.prototype, nodes.prototype);
  Object.setPrototypeOf(base, nodes);
}
