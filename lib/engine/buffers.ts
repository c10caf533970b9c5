// The callers' buffers: what native code is shown of them, and how what was read gets into them.

/** Native code is shown memory of this environment only. */
export function unshared(view: ArrayBufferView): ArrayBufferView {
  if (view.buffer instanceof ArrayBuffer) return view;
  return Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

/** Whether its memory stays where it is and is nobody else's. */
export function isFixed(view: ArrayBufferView): boolean {
  const { buffer } = view;
  return (
    buffer instanceof ArrayBuffer && (buffer as ArrayBuffer & { resizable?: boolean }).resizable !== true
  );
}

/** The part of it that is to be read into. */
export function target(view: ArrayBufferView, offset: number, length: number): Uint8Array {
  if (view instanceof Uint8Array && offset === 0 && length === view.length) return view;
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}

/** Copies to the caller's buffer; to nowhere when that has been detached or has shrunk meanwhile. */
export function copyTo(into: NodeJS.ArrayBufferView, at: number, from: Uint8Array): void {
  const room = into.byteLength - at;
  if (room <= 0) return;
  const part = from.length > room ? from.subarray(0, room) : from;
  if (into instanceof Uint8Array) into.set(part, at);
  else new Uint8Array(into.buffer, into.byteOffset + at, part.length).set(part);
}

/** One view after the other, each up to its end. */
export function scatter(views: readonly NodeJS.ArrayBufferView[], bytes: Uint8Array): void {
  let from = bytes;
  for (const view of views) {
    if (from.length === 0) return;
    const size = Math.min(view.byteLength, from.length);
    copyTo(view, 0, from.subarray(0, size));
    from = from.subarray(size);
  }
}
