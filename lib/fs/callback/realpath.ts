// realpath: one call where the path resolves. Where it does not, name by name as Node goes, so that the error names
// the step and the part of the path that failed.
import { constants, type realpath as nodes } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Callback, type Pass, passValue } from '../../call/callbacks';
import { InterruptError } from '../../call/errors';
import type { CallType } from '../../call/type';
import { original } from '../../node/original';
import { parseOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import type { Body } from '../plan/plan';
import * as steps from '../plan/steps';
import { REALPATH } from '../promises/paths';
import { pathCall } from '../requests/path-call';
import { define, isObject, madeOf, settleLater, shown, wait } from './define';
import { optional } from './paths';

const isLink = (mode: number): boolean => (mode & constants.S_IFMT) === constants.S_IFLNK;

/** Follows the path until it fails; gives what it leads to where it does not, after all. */
function* walk(parent: steps.Parent, path: string): Body<string> {
  let rest = path;
  let position = 1;
  while (position <= rest.length) {
    const slash = rest.indexOf('/', position);
    const end = slash === -1 ? rest.length : slash;
    const base = rest.slice(0, end);
    position = end + 1;
    if (base === '') continue;
    if (!isLink((yield* steps.lstat(parent, base)).mode)) continue;
    yield* steps.stat(parent, base);
    const target = yield* steps.readlink(parent, base);
    rest = resolve(resolve(base, '..', target), rest.slice(position));
    position = 1;
  }
  return rest;
}

const WALK: CallType<string> = { ...REALPATH, result: () => '' };

interface Kept {
  path: string;
  encoding: unknown;
  calls: CallOptions;
}

const passResolved: Pass = (callback, error, value, kept) => {
  if (error === null) {
    callback(null, value);
    return;
  }
  if (error instanceof InterruptError) {
    callback(error);
    return;
  }
  const { path, encoding, calls } = kept as Kept;
  const body = (parent: steps.Parent): Body<string> => walk(parent, path);
  settleLater(callback, passEncoded, { type: WALK, args: [path], options: calls, path, body }, encoding);
};

const passEncoded: Pass = (callback, error, value, encoding) => {
  if (error !== null) callback(error);
  else if (!encoding || encoding === 'utf8') callback(null, value);
  else {
    const bytes = Buffer.from(value as string);
    callback(null, encoding === 'buffer' ? bytes : bytes.toString(encoding as BufferEncoding));
  }
};

/** Anything that is no URL counts as text here, Buffers included. */
function textPath(value: unknown): string {
  const isUrl = isObject(value) && 'href' in value && 'protocol' in value;
  const path = isUrl ? fileURLToPath(value as unknown as URL) : value;
  const text = typeof path === 'string' ? path : `${path}`;
  return validPath(text) as string;
}

const STEPS = ['lstat', 'stat', 'readlink'];

const resolving = define<object>('realpath', (args) => {
  const { callback, given } = optional(args, 1);
  const options = parseOptions(given);
  madeOf(STEPS);
  const path = resolve(textPath(args[0]));
  const call = pathCall(REALPATH, path, shown(args), options);
  const { encoding, signal, timeout } = options;
  call.extra = encoding;
  wait(callback as Callback, passResolved, { path, encoding, calls: { signal, timeout } } satisfies Kept);
  return call;
});

/** realpath(3), which names the whole path in its errors. */
const native = define<typeof nodes.native>(
  'native',
  (args) => {
    const { callback, given } = optional(args, 1);
    const options = parseOptions(given);
    const call = pathCall(REALPATH, validPath(args[0]), shown(args), options);
    call.extra = options.encoding;
    wait(callback as Callback, passValue);
    return call;
  },
  (original.realpath as typeof nodes).native,
);

export const realpath = Object.assign(resolving, { native }) as typeof nodes;
