// The source texts of Node's own modules.
import { warns } from './deprecated';

/** Returns the source texts of these modules of Node's; undefined if this Node does not show them. */
export function sources(parts: readonly string[]): string[] | undefined {
  const { binding } = process as unknown as { binding(name: string): Record<string, string> };
  if (warns(binding)) return undefined;
  try {
    const natives = binding('natives');
    const texts = parts.map((part) => natives[part]).filter((text) => text !== undefined);
    return texts.length === 0 ? undefined : texts;
  } catch {
    return undefined;
  }
}
