// Writes the docstrings of the file system functions into the declarations in dist/: of the promise, the callback and
// the synchronous form of each, from the one text of scripts/fs-docs.mjs. Editors show them on hover.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argumentDocs, fsDocs } from './fs-docs.mjs';
import { Failure, root } from './tools.mjs';

/** @typedef {'promise' | 'callback' | 'sync'} Form */
/** @typedef {import('./fs-docs.mjs').FsDoc} FsDoc */

/** The arguments of each function, as the rows of docs/functions.md have them. @returns {Map<string, string[]>} */
function argumentsOfFunctions() {
  const page = readFileSync(join(root, 'docs/functions.md'), 'utf8');
  const rows = page.matchAll(/^\| `(\w+)\(([^)]*)\)`/gm);
  const known = new Map();
  for (const [, name, list] of rows)
    known.set(
      name,
      list.split(', ').filter((each) => !['options?', 'callback'].includes(each)),
    );
  known.set('lchmod', ['path', 'mode']);
  return known;
}

/** @param {FsDoc} doc */
function exampleOptions({ options = {} }) {
  const given = Object.entries({ ...options, timeout: '2000' }).map(([name, value]) => `${name}: ${value}`);
  return `{ ${given.join(', ')} }`;
}

/** A module that calls the function; test/docs/docstrings.test.ts compiles it. @param {string} name @param {FsDoc} doc @param {Form} form */
function example(name, doc, form) {
  const called = form === 'sync' ? `${name}Sync` : name;
  const value = doc.value?.[0];
  const list = [...doc.args, exampleOptions(doc)].join(', ');
  const calls = {
    promise: [`${value ? `const ${value} = ` : ''}await ${called}(${list});`],
    callback:
      name === 'exists'
        ? [`exists(${list}, (${value}) => {`, `  console.log(${value});`, '});']
        : [`${called}(${list}, (error${value ? `, ${value}` : ''}) => {`, '  if (error) throw error;', '});'],
    sync: [`${value ? `const ${value} = ` : ''}${called}(${list});`],
  };
  const uses = (/** @type {string} */ word) => doc.args.some((each) => each.includes(word));
  const imported = [...(uses('constants.') ? ['constants'] : []), called];
  const from = form === 'promise' ? 'pendingop/fs/promises' : 'pendingop/fs';
  const opening = doc.args.includes('fd') ? ['openSync'] : [];
  return [
    `import { ${[...imported, ...opening].join(', ')} } from '${from}';`,
    ...(opening.length > 0 ? ["const fd = openSync('/mnt/data/report', 'r+');"] : []),
    ...(uses('buffer') ? ['const buffer = Buffer.alloc(1024);'] : []),
    ...calls[form],
  ];
}

const LIMITS = {
  promise: [
    '@param options.timeout - ms from the call, the time in the queue included; 0 and `Infinity`: none. Default: the `timeout` of `configure()`',
    '@param options.signal - ends the call when it is aborted',
  ],
  sync: [
    '@param options.timeout - ms that the caller waits at most; 0 and `Infinity`: any time, on a worker. Default: none, and the function is that of Node, which blocks for as long as the kernel does',
  ],
};

const OWN_ERRORS =
  '`TimeoutError` when the time is over, `AbortError` when `signal` was aborted, `InterruptError` after `interrupt()`, `StalledError` when too many calls are stuck on the mount already, `MountMissingError` when a mount that is expected is not there';

/** @param {Form} form @param {FsDoc} doc */
function outcome(form, { value }) {
  const meaning = value?.[1];
  if (form === 'promise')
    return [
      `@returns ${meaning ? `a promise of ${meaning}` : 'a promise of nothing'}`,
      `@throws Errors of arguments and of the kernel are Node's, as rejections. Besides: ${OWN_ERRORS}`,
    ];
  if (form === 'callback')
    return [
      `@param callback - ${value?.[0] === 'exists' ? `gets ${meaning}` : meaning ? `gets an error or null, and ${meaning}` : 'gets an error or null'}`,
      `@throws Wrong arguments, with Node's errors. The callback gets those of the kernel, and besides: ${OWN_ERRORS}`,
    ];
  return [
    `@returns ${meaning ?? 'nothing'}`,
    "@throws Node's errors, and a `TimeoutError` when the time is over",
  ];
}

/** Lines of at most 110 characters behind ` * `. @param {string} text */
function wrapped(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length > 105) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

const FORMS = {
  promise:
    'Listed by `listPending()` while it is pending, and ended by `timeout`, `signal` or `interrupt()`.',
  callback:
    'Listed by `listPending()` while it is pending, and ended by `timeout`, `signal` or `interrupt()`.',
  sync: 'Blocks the event loop. With a `timeout` a worker makes the call, and the caller waits no longer than that.',
};

/** The docstring of one form of a function, its lines without the frame. @param {string} name @param {Form} form @param {readonly string[]} takes */
function docstring(name, form, takes) {
  const doc = fsDocs[name];
  if (doc === undefined) throw new Failure(`scripts/fs-docs.mjs does not say what ${name} does`);
  const params = takes.map((each) => {
    const plain = each.replace('?', '');
    const meaning = doc.params?.[plain] ?? argumentDocs[plain];
    if (meaning === undefined) throw new Failure(`scripts/fs-docs.mjs does not say what ${plain} is`);
    return `@param ${plain} - ${meaning}`;
  });
  const place = doc.optionsLast
    ? "an object with the following, behind Node's arguments"
    : "Node's options, and the following";
  return [
    ...wrapped(doc.does),
    '',
    ...wrapped(FORMS[form]),
    ...(doc.note ? wrapped(doc.note) : []),
    '',
    ...[...params, `@param options - ${place}`].flatMap(wrapped),
    ...LIMITS[form === 'sync' ? 'sync' : 'promise'].flatMap(wrapped),
    ...outcome(form, doc).flatMap(wrapped),
    '@example',
    '```ts',
    ...example(name, doc, form),
    '```',
  ];
}

/** The functions that methods of FileHandle are made from, if the names differ. @type {Record<string, string>} */
const ofMethods = {
  stat: 'fstat',
  chmod: 'fchmod',
  chown: 'fchown',
  utimes: 'futimes',
  truncate: 'ftruncate',
  sync: 'fsync',
  datasync: 'fdatasync',
};
const METHODS = [
  ...Object.keys(ofMethods),
  'read',
  'readv',
  'write',
  'writev',
  'readFile',
  'writeFile',
  'appendFile',
];

/** A method of FileHandle. @param {string} name @param {string} line its declaration, or the first line of that */
function methodDocstring(name, line) {
  const doc = fsDocs[ofMethods[name] ?? name];
  if (doc === undefined || !METHODS.includes(name)) return undefined;
  const takes = [...line.matchAll(/[(,] ?(\w+)\??:/g)].map(([, each]) => each);
  const params = takes.map((each) => `@param ${each} - ${methodArgument(name, each, takes)}`);
  const value = METHOD_VALUES[name] ?? doc.value?.[1];
  return [
    ...wrapped(doc.does),
    ...wrapped(FORMS.promise),
    ...params.flatMap(wrapped),
    ...(value === undefined ? [] : wrapped(`@returns a promise of ${value}`)),
  ];
}

/** @param {string} method @param {string} name @param {readonly string[]} takes */
function methodArgument(method, name, takes) {
  const limits = '`timeout` (ms; 0 and `Infinity`: none; default: that of `configure()`) and `signal`';
  // An argument that comes before them is none of the options.
  const ownOptions = (METHOD_OPTIONS[method] ?? []).filter(
    (each) => !takes.includes(each.replaceAll('`', '')),
  );
  if (name === 'options') return [...(takes.includes('position') ? [] : ownOptions), limits].join(', ');
  if (method === 'truncate') return 'the new length in bytes. Default: 0';
  const meaning = argumentDocs[name];
  if (meaning === undefined) throw new Failure(`scripts/fs-docs.mjs does not say what ${name} is`);
  return meaning.replace('descriptor', 'handle');
}

/** Node's options of the methods that have some. @type {Record<string, string[]>} */
const METHOD_OPTIONS = {
  read: ['`buffer`', '`offset`', '`length`', '`position`'],
  write: ['`offset`', '`length`', '`position`'],
  readFile: ['the encoding, or `encoding`'],
  writeFile: ['the encoding, or `encoding`'],
  appendFile: ['the encoding, or `encoding`'],
  stat: ['`bigint`'],
};

/** @type {Record<string, string>} */
const METHOD_VALUES = {
  read: '`{ bytesRead, buffer }`',
  readv: '`{ bytesRead, buffers }`',
  write: '`{ bytesWritten, buffer }`',
  writev: '`{ bytesWritten, buffers }`',
};

/** @param {readonly string[]} lines @param {string} indent */
const comment = (lines, indent) =>
  [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`, ''].join('\n');

/** Puts docstrings before the declarations whose line `pattern` matches; its first group is the name. @param {string} text @param {RegExp} pattern @param {(name: string, line: string) => string[] | undefined} docOf */
function inserted(text, pattern, docOf) {
  return text.replace(pattern, (line, before, indent, name) => {
    const lines = docOf(name, line.slice(before.length));
    return lines === undefined ? line : `${comment(lines, indent)}${line.slice(before.length)}`;
  });
}

/** Matches an older docstring right above, which is replaced. */
const OLD = '((?:^[ \\t]*/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n)?)';

/** @param {string} dist */
export function describeFunctions(dist) {
  const takes = argumentsOfFunctions();
  /** @param {string} name @param {Form} form */
  const known = (name, form) => {
    const names = takes.get(name);
    return names === undefined ? undefined : docstring(name, form, names);
  };
  /** @param {string} file @param {RegExp[]} patterns @param {(name: string, line: string) => string[] | undefined} docOf */
  const describe = (file, patterns, docOf) => {
    const path = join(dist, file);
    const text = patterns.reduce((made, each) => inserted(made, each, docOf), readFileSync(path, 'utf8'));
    writeFileSync(path, text);
  };
  const constants = new RegExp(`${OLD}^()export declare const (\\w+):.*`, 'gm');
  const overloads = new RegExp(`${OLD}^()export declare function (\\w+)\\(.*`, 'gm');
  const members = new RegExp(`${OLD}^( {4})(\\w+): (?:typeof|\\{|<).*`, 'gm');
  const methods = new RegExp(`${OLD}^( {4})(\\w+)(?:<.*>)?\\(.*`, 'gm');
  describe('fs/handle/file-handle.d.ts', [methods], methodDocstring);
  describe('fs/index.d.ts', [constants], (name) =>
    name.endsWith('Sync') ? known(name.slice(0, -4), 'sync') : known(name, 'callback'),
  );
  describe('fs/promises/index.d.ts', [constants, members], (name) => known(name, 'promise'));
  for (const file of ['directories', 'files', 'open', 'paths', 'stats'])
    describe(`fs/promises/${file}.d.ts`, [overloads], (name) => known(name, 'promise'));
}
