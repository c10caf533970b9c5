// realpath: one call if the path resolves. If it does not, the path is walked name by name, as Node does, so that the
// error names the step and the part of the path that failed.
import { constants, type realpath as nodes } from 'node:fs';
import { parse, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { passValue } from '../../call/callbacks';
import type { CallType } from '../../call/type';
import { original } from '../../node/original';
import { isWindows } from '../../node/windows';
import { parseOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import type { Body, Composed } from '../plan/plan';
import * as steps from '../plan/steps';
import * as requests from '../requests/paths';
import {
  type CallbackFunction,
  define,
  defineWithOptions,
  isObject,
  leaveUnlessOurs,
  shown,
  takeOptions,
} from './define';

const isLink = (mode: number): boolean => (mode & constants.S_IFMT) === constants.S_IFLNK;

/** Walks the path until a step fails. If none fails after all, returns what the path leads to. */
function* walk(parent: steps.Parent, path: string): Body<string> {
  let rest = path;
  let root = parse(rest).root;
  let position = isWindows ? root.length : 1;
  if (isWindows) yield* steps.lstat(parent, root);
  while (position <= rest.length) {
    const slash = rest.indexOf(sep, position);
    const end = slash === -1 ? rest.length : slash;
    const base = rest.slice(0, end);
    position = end + 1;
    if (base === '' || base.length < root.length) continue;
    if (!isLink((yield* steps.lstat(parent, base)).mode)) continue;
    yield* steps.stat(parent, base);
    const target = yield* steps.readlink(parent, base);
    rest = resolve(resolve(base, '..', target), rest.slice(position));
    root = parse(rest).root;
    position = isWindows ? root.length : 1;
  }
  return rest;
}

const WALK: CallType<string | Buffer> = { ...requests.realpath.type, result: () => '' };

function encoded(path: string, encoding: unknown): string | Buffer {
  if (!encoding || encoding === 'utf8') return path;
  const bytes = Buffer.from(path);
  return encoding === 'buffer' ? bytes : bytes.toString(encoding as BufferEncoding);
}

/** Anything that is no URL is converted to text, Buffers included. */
function textPath(value: unknown): string {
  const isUrl = isObject(value) && 'href' in value && 'protocol' in value;
  const path = isUrl ? fileURLToPath(value as unknown as URL) : value;
  const text = typeof path === 'string' ? path : `${path}`;
  return validPath(text) as string;
}

const STEPS = ['lstat', 'stat', 'readlink'];

const resolving = define<object>('realpath', ['path'], (args) => {
  const { callback, options: given } = takeOptions(args, 1);
  const options = parseOptions(given);
  leaveUnlessOurs(STEPS);
  const path = resolve(textPath(args[0]));
  const { encoding, signal, timeout } = options;
  const body = function* (parent: steps.Parent): Body<string | Buffer> {
    return encoded(yield* walk(parent, path), encoding);
  };
  if (isWindows) {
    // Node does not ask the system there, which would know how the names are really written.
    const walked = { type: WALK, args: shown(args), options: { signal, timeout }, path, body };
    return { callback, action: walked, pass: passValue };
  }
  const action = requests.realpath.build([path], shown(args), options);
  const next = (error: unknown): Composed<unknown> | undefined => {
    if (error === null) return undefined;
    return { type: WALK, args: [path], options: undefined, path, body };
  };
  return { callback, action, pass: passValue, next };
});

/** realpath(3), which names the whole path in its errors. */
export const native = defineWithOptions<typeof nodes.native>(
  'native',
  requests.realpath,
  passValue,
  (original.realpath as typeof nodes).native,
);

const face = Object.assign(resolving.face, { native: native.face }) as typeof nodes;
export const realpath: CallbackFunction<typeof nodes> = { ...resolving, face };
