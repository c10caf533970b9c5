// Tells whether a function of a core module is Node's own, or was put there by somebody else.
import { promisify } from 'node:util';
import { keeper } from '../util/kept';
import { once } from '../util/once';
import { nextTick } from '../util/timers';
import { sources } from './sources';

const PARTS = ['fs', 'internal/fs/promises', 'internal/fs/dir', 'internal/fs/streams', 'internal/fs/glob'];

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
const declarations = once(() => {
  const texts = sources(PARTS);
  return texts === undefined ? undefined : new Declarations(texts);
});

/** No function has this character in its text. */
const END = '\0';

/**
 * The texts of the functions that an earlier process of this Node has found to be Node's own. To look for them in Node's
 * source text takes six million instructions of a program's start.
 */
class Known {
  readonly #texts = keeper.read?.('genuine')?.toString('latin1');
  /** Programs ask for the same functions in the same order. */
  #at = END.length;
  #more = '';

  has(source: string): boolean {
    const texts = this.#texts;
    if (texts === undefined) return false;
    const end = this.#at + source.length;
    if (texts[end] === END && texts.startsWith(source, this.#at)) {
      this.#at = end + END.length;
      return true;
    }
    return texts.includes(END + source + END);
  }

  add(source: string): void {
    if (this.#more === '') nextTick(() => this.#keep());
    this.#more += source + END;
  }

  #keep(): void {
    const texts = (this.#texts ?? END) + this.#more;
    keeper.write?.('genuine', Buffer.from(texts, 'latin1'), this.#texts !== undefined);
    this.#more = '';
  }
}

const known = once(() => new Known());

const sourceOf = (value: unknown): string => Function.prototype.toString.call(value);

/** Node makes promises.opendir by promisify(), whose source text every function has that anybody makes so. */
const isPromisified = (value: { name: string }, source: string): boolean =>
  value.name === 'opendir' && source === sourceOf(promisify(isGenuine));

/** If Node does not show its source text, every function passes for Node's own. */
export function isGenuine(value: unknown): boolean {
  if (typeof value !== 'function') return true;
  const source = sourceOf(value);
  if (known().has(source) || isPromisified(value, source)) return true;
  const own = declarations();
  if (own === undefined) return true;
  if (!own.has(source)) return false;
  known().add(source);
  return true;
}
