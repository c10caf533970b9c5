// Tells whether a function of a core module is Node's own, or was put there by somebody else.
import { promisify } from 'node:util';
import { warns } from './deprecated';

const PARTS = ['fs', 'internal/fs/promises', 'internal/fs/dir', 'internal/fs/streams', 'internal/fs/glob'];

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

const MARK = 'function ';

/** The texts, and the pieces of them that begin after `function`, by the name that follows. */
class Declarations {
  readonly #texts: readonly string[];
  readonly #named = new Map<string, string[]>();

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    for (const text of texts) {
      for (const piece of text.split(MARK)) {
        const name = piece.slice(0, piece.indexOf('('));
        const others = this.#named.get(name);
        if (others === undefined) this.#named.set(name, [piece]);
        else others.push(piece);
      }
    }
  }

  /** Looks among the pieces first: the texts are long. */
  has(source: string): boolean {
    // A piece ends where another function begins, so a function that contains one is not found among them.
    const at = source.indexOf(MARK) + MARK.length;
    const rest = source.slice(at);
    const pieces = this.#named.get(source.slice(at, source.indexOf('(', at)));
    if (at <= 'async '.length + MARK.length && pieces?.some((piece) => piece.startsWith(rest))) return true;
    return this.#texts.some((text) => text.includes(source));
  }
}

/** Undefined if Node does not show its source text. */
let declarations: Declarations | undefined;
let looked = false;

const sourceOf = (value: unknown): string => Function.prototype.toString.call(value);

/** Node makes promises.opendir by promisify(), whose source text every function has that anybody makes so. */
const isPromisified = (value: { name: string }): boolean =>
  value.name === 'opendir' && sourceOf(value) === sourceOf(promisify(isGenuine));

/** If Node does not show its source text, every function passes for Node's own. */
export function isGenuine(value: unknown): boolean {
  if (typeof value !== 'function') return true;
  if (!looked) {
    looked = true;
    const texts = sources(PARTS);
    if (texts !== undefined) declarations = new Declarations(texts);
  }
  if (declarations === undefined) return true;
  return declarations.has(sourceOf(value)) || isPromisified(value);
}
