import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { inspect, types } from 'node:util';

/*
 * Describes values as plain trees, which can be compared. jest runs tests in a realm of their own, so Node's arrays and
 * errors have other prototypes than ours, although in a program they have the same. So classes are compared by the
 * names along the prototype chain, and by instanceof if the class is exported.
 */

/** How one call of a scenario ended. */
export class Settled {
  readonly how: 'returned' | 'threw' | 'resolved' | 'rejected';
  readonly value: unknown;

  constructor(how: Settled['how'], value: unknown) {
    this.how = how;
    this.value = value;
  }
}

/** For objects that both runs share: their times, inode numbers and block counts are compared, too. */
export class Exact {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

const classes = { Stats: fs.Stats, Dirent: fs.Dirent, Dir: fs.Dir, EventEmitter, Readable, Writable };
const streams = { ReadStream: fs.ReadStream, WriteStream: fs.WriteStream };
const changing = /^(ino|blocks|([amc]|birth)time(Ms|Ns)?)$/;
/** Node 26 shows more properties: the symbols from which it makes Temporal times. */
const PART = 'Symbol\\(k?[pP]artial(?:[AMC]|Birth)timeNs\\)';
const changingText = new RegExp(
  `((?:\\b(?:ino|blocks|(?:[amc]|birth)time(?:Ms|Ns)?)|${PART})): [^,\\n}]+`,
  'g',
);

export class Description {
  #exact = false;

  of(value: unknown): unknown {
    if (typeof value === 'string') return shortened(value);
    if (typeof value === 'symbol') return String(value);
    if (typeof value === 'function') return `function ${value.name}/${value.length}`;
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Settled) return { [value.how]: this.of(value.value) };
    if (value instanceof Exact) return this.#exactly(value.value);
    if (Array.isArray(value)) return value.map((item) => this.of(item));
    if (types.isNativeError(value)) return this.#error(value);
    return this.#object(value);
  }

  #exactly(value: unknown): unknown {
    this.#exact = true;
    const described = this.of(value);
    this.#exact = false;
    return described;
  }

  #inspected(value: unknown): string {
    // Matches the lines of a stack. Node 24 adds a line with the number of lines that it leaves out because they repeat
    // others.
    const stack = /\n +(?:at|\.\.\. collapsed) .*?(?= \{$|$)/gm;
    const text = inspect(value, { depth: 4 }).replaceAll(stack, '');
    return this.#exact ? text : text.replaceAll(changingText, '$1');
  }

  #error(error: Error): unknown {
    const { name, message, cause, stack = '' } = error;
    const is = chain(error).filter((each) => each !== 'NodeError');
    if (name === 'AbortError') {
      // The AbortError of this package is an InterruptError with more properties, on purpose.
      return {
        name,
        message,
        code: Reflect.get(error, 'code'),
        cause: this.of(cause),
        error: is.includes('Error'),
      };
    }
    // The message has the name that mkdtemp() could not make, with its random letters.
    const random = /, mkdtemp '.*(.{6})'$/s.exec(message)?.[1];
    const text = (all: string): string =>
      shortened(random === undefined || random === 'XXXXXX' ? all : all.replaceAll(random, '??????'));
    // jest formats the stacks of the other realm without the code. errors.test.ts compares real stacks.
    const head = (all: string): string =>
      all.replace(` [${Reflect.get(error, 'code')}]`, '').replace(/^NodeError \[(\w+)\]/, '$1');
    const values = Object.keys(error).map((key) => Reflect.get(error, key));
    return {
      is,
      name,
      message: text(message),
      keys: Object.keys(error),
      names: Object.getOwnPropertyNames(error).sort(),
      values: values.map((value) => (typeof value === 'string' ? text(value) : this.of(value))),
      cause: this.of(cause),
      string: text(String(error)),
      stack: text(head(stack.split('\n    at ')[0] ?? '')),
      // Brackets mean only that the stack has no frames.
      inspected: text(head(this.#inspected(error).replace(/^\[(.*)\](?=$| \{)/s, '$1'))),
    };
  }

  #object(value: object): unknown {
    const is = chain(value);
    if (types.isDate(value)) return { is, time: value.getTime() };
    if (ArrayBuffer.isView(value)) {
      // A detached view has the length 0, and a buffer that cannot be read.
      const { byteLength: length } = value;
      const bytes =
        length === 0 ? '' : Buffer.from(value.buffer, value.byteOffset, length).toString('latin1');
      return { is, buffer: Buffer.isBuffer(value), bytes: shortened(bytes) };
    }
    if (types.isAnyArrayBuffer(value)) return { is, bytes: shortened(Buffer.from(value).toString('latin1')) };
    const instanceOf = Object.entries({ ...classes, ...streams })
      .filter(([, each]) => value instanceof each)
      .map(([name]) => name);
    if (is[0] === 'FileHandle') return is[0];
    if (is[0] === 'Dir' || value instanceof EventEmitter) return { is, instanceOf };
    const keys = Object.keys(value);
    const fields = Object.fromEntries(keys.map((key) => [key, this.#field(key, Reflect.get(value, key))]));
    if (is[0] === 'Object' || is.length === 0) return { is, keys, fields };
    const prototype: object = Object.getPrototypeOf(value);
    const questions = allKeys(prototype).filter((key) => /^is[A-Z]/.test(key));
    const answers = questions.map((key) => `${key}: ${Reflect.get(value, key).call(value)}`);
    return {
      is,
      instanceOf,
      keys,
      fields,
      answers: answers.sort(),
      inspected: shortened(this.#inspected(value)),
    };
  }

  #field(key: string, value: unknown): unknown {
    if (this.#exact || !changing.test(key)) return this.of(value);
    return types.isDate(value) ? 'Date' : typeof value;
  }
}

function shortened(text: string): string {
  if (text.length <= 2000) return text;
  return `${text.slice(0, 80)}… ${text.length} ${createHash('sha1').update(text).digest('hex')}`;
}

function chain(value: object): string[] {
  // A second class of the same name in the chain makes no difference to a program.
  const names = new Set<string>();
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    names.add(Object.hasOwn(at, 'constructor') ? at.constructor.name : '');
  }
  return [...names];
}

function allKeys(prototype: object | null): string[] {
  if (prototype === null) return [];
  return [...Object.getOwnPropertyNames(prototype), ...allKeys(Object.getPrototypeOf(prototype))];
}
