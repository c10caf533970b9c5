// Whether a function of a core module is Node's own, or was put there by somebody else.

/** The text of Node's modules, where this Node gives it. */
function sources(): string | undefined {
  // Would warn, and the answer is not worth that.
  if (process.execArgv.includes('--pending-deprecation') || process.env.NODE_PENDING_DEPRECATION === '1') {
    return undefined;
  }
  try {
    const { binding } = process as unknown as { binding(name: string): Record<string, string> };
    const natives = binding('natives');
    const parts = [
      'fs',
      'internal/fs/promises',
      'internal/fs/dir',
      'internal/fs/streams',
      'internal/fs/glob',
    ];
    const text = parts.map((part) => natives[part] ?? '').join('\n');
    return text.trim() === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

let text: string | undefined;
let looked = false;

/** Where Node does not show its text, everything passes for its own. */
export function isGenuine(value: unknown): boolean {
  if (typeof value !== 'function') return true;
  if (!looked) {
    looked = true;
    text = sources();
  }
  return text === undefined || text.includes(Function.prototype.toString.call(value));
}
