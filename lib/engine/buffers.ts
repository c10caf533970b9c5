// The callers' buffers: which memory native code gets, and how bytes that were read are copied into them.

/**
 * Returns a view of memory that belongs to this environment only. The bytes of a SharedArrayBuffer are copied: another
 * thread could change them while native code reads them.
 */
export function unshared(view: ArrayBufferView): ArrayBufferView {
  if (view.buffer instanceof ArrayBuffer) return view;
  return Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

/**
 * Returns whether the memory of the view can neither move nor change its size, and is not shared with other threads.
 */
export function isFixed(view: ArrayBufferView): boolean {
  const { buffer } = view;
  return (
    buffer instanceof ArrayBuffer && (buffer as ArrayBuffer & { resizable?: boolean }).resizable !== true
  );
}

/** Returns the part of the view that is read into. */
export function target(view: ArrayBufferView, offset: number, length: number): Uint8Array {
  if (view instanceof Uint8Array && offset === 0 && length === view.length) return view;
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}

/** Copies bytes to the caller's buffer. If the buffer was detached or has shrunk meanwhile, drops what has no room. */
export function copyTo(into: NodeJS.ArrayBufferView, at: number, from: Uint8Array): void {
  const room = into.byteLength - at;
  if (room <= 0) return;
  const part = from.length > room ? from.subarray(0, room) : from;
  if (into instanceof Uint8Array) into.set(part, at);
  else new Uint8Array(into.buffer, into.byteOffset + at, part.length).set(part);
}

/** Copies bytes into the views, one view after the other, each up to its end. */
export function scatter(views: readonly NodeJS.ArrayBufferView[], bytes: Uint8Array): void {
  let from = bytes;
  for (const view of views) {
    if (from.length === 0) return;
    const size = Math.min(view.byteLength, from.length);
    copyTo(view, 0, from.subarray(0, size));
    from = from.subarray(size);
  }
}
