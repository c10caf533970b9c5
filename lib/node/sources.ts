// Tells whether a function of a core module is Node's own, or was put there by somebody else.

const PARTS = ['fs', 'internal/fs/promises', 'internal/fs/dir', 'internal/fs/streams', 'internal/fs/glob'];

/** Returns the source texts of these modules of Node's; undefined if this Node does not show them. */
export function sources(parts: readonly string[]): string[] | undefined {
  // With this option process.binding() would print a warning.
  if (process.execArgv.includes('--pending-deprecation') || process.env.NODE_PENDING_DEPRECATION === '1') {
    return undefined;
  }
  try {
    const { binding } = process as unknown as { binding(name: string): Record<string, string> };
    const natives = binding('natives');
    const texts = parts.map((part) => natives[part]).filter((text) => text !== undefined);
    return texts.length === 0 ? undefined : texts;
  } catch {
    return undefined;
  }
}

let texts: string[] | undefined;
let looked = false;

/** If Node does not show its source text, every function passes for Node's own. */
export function isGenuine(value: unknown): boolean {
  if (typeof value !== 'function') return true;
  if (!looked) {
    looked = true;
    texts = sources(PARTS);
  }
  const source = Function.prototype.toString.call(value);
  return texts === undefined || texts.some((text) => text.includes(source));
}
