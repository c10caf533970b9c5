// Joins tsc's output for lib/ into five files: a program pays for every file that it has to find and read, and for every
// line that it has to parse. dist/first.js has what the hook needs to be in place, dist/calls.js what the first call needs
// besides, dist/main.js what the entry point `pendingop` needs, dist/base.js what both of these need, and dist/lib.js the
// rest. The modules stay what they are, each in a function of its own. The file of each module returns it and names its
// exports, because ES modules look for these names in the text. The source map of each of the five files is that of its
// modules, whose lines stay as tsc wrote them.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { encodedMap, FlattenMap } from '@jridgewell/trace-mapping';
import { Failure } from './tools.mjs';

const head = `'use strict';
// Made by scripts/join.mjs of modules in lib/.
const { join } = require('node:path');
const files = %FILES%;
const loaded = new Map();
const fileOf = (id) => files.find(([, ids]) => ids.includes(' ' + id + ' '))?.[0] ?? './lib.js';
const find = (id) => modules[id] ?? require(fileOf(id))[id];
function __load(id) {
  const before = loaded.get(id);
  if (before !== undefined) return before;
  const exports = {};
  loaded.set(id, exports);
  try {
    find(id)(exports, join(__dirname, id, '..'));
  } catch (error) {
    loaded.delete(id);
    throw error;
  }
  return exports;
}
module.exports = __load;
const modules = {
`;

/** @param {string} from @param {string} request @param {Set<string>} ids */
function resolve(from, request, ids) {
  const path = posix.join(posix.dirname(from), request);
  const found = [path, `${path}.js`, `${path}/index.js`].find((id) => ids.has(id));
  if (found === undefined) throw new Failure(`dist/${from} requires ${request}, which is not there`);
  return found;
}

const mapReference = /^\/\/# sourceMappingURL=.*$/m;

/** @param {string} id @param {string} text @param {Set<string>} ids @param {boolean} isNeeded */
function asFunction(id, text, ids, isNeeded) {
  const body = text
    .replace(mapReference, '')
    .replaceAll(
      /\brequire\((['"])(\.[^'"]*)\1\)/g,
      (_, __, request) => `__load(${JSON.stringify(resolve(id, request, ids))})`,
    );
  // V8 expects a function in parentheses to be called, and parses it once instead of twice.
  const made = `function (exports, __dirname) {\n${body}\n}`;
  return asAscii(`${JSON.stringify(id)}: ${isNeeded ? `(${made})` : made},\n`);
}

/** V8 reads a text with other characters as UTF-16, which takes twice the memory. @param {string} text */
function asAscii(text) {
  return text.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** @param {string} text */
const linesIn = (text) => text.split('\n').length - 1;

/** Writes modules between `before` and `after` as one file of `dist`, with its source map. @param {string} dist @param {string} name @param {string} before @param {{ text: string, map: object }[]} modules */
function writeJoined(dist, name, before, modules, after = '};\n') {
  let line = linesIn(before);
  const sections = modules.map(({ text, map }) => {
    const section = { offset: { line: line + 1, column: 0 }, map };
    line += linesIn(text);
    return section;
  });
  const text = modules.map((module) => module.text).join('');
  writeFileSync(join(dist, name), `${before}${text}${after}//# sourceMappingURL=${name}.map\n`);
  // Node does not read a source map with sections.
  const map = encodedMap(new FlattenMap({ version: 3, file: name, sections }));
  writeFileSync(join(dist, `${name}.map`), JSON.stringify(map));
}

/** The end of first.js. If another copy of the package is loaded already, its modules may serve this one, too. */
const tail = (/** @type {string} */ version) =>
  `};\nmodule.exports = __load('engine/copies.js').loaderOf(__dirname, ${JSON.stringify(version)}, __load);\n`;

/** What lib/hook/lazy.ts loads. */
const firstCall = ['fs/callback/functions.js', 'fs/promises/index.js', 'fs/callback/streams.js'];

/**
 * The modules that these modules load while they are loaded, recursively. @param {readonly string[]} of @param
 * {Map<string, string>} texts
 */
function reach(of, texts, found = new Set()) {
  for (const id of of) {
    if (found.has(id)) continue;
    found.add(id);
    // A require() inside of a function, which loads later, is indented.
    const imports = (texts.get(id) ?? '').matchAll(/^(?:(?:const|var) .*)?\brequire\("(\.[^"]*)"\)/gm);
    const ids = [...imports].map(([, request]) => resolve(id, request ?? '', new Set(texts.keys())));
    reach(ids, texts, found);
  }
  return found;
}

/** @param {string} id @param {readonly string[]} names */
function entry(id, names) {
  const first = posix.relative(posix.dirname(id), 'first.js');
  const named = names.map((name) => `exports.${name} = `).join('');
  return `'use strict';
const load = require('${first.startsWith('.') ? first : `./${first}`}');
module.exports = load('${id}');
// For ES modules that import them by name.
if (0) ${named}0;
`;
}

/**
 * The source map of one module. The map of its joined file contains it from here on. @param {string} dist @param
 * {string} id
 */
function moduleMap(dist, id) {
  const path = join(dist, `${id}.map`);
  const { version, sourceRoot, sources, sourcesContent, names, mappings } = JSON.parse(
    readFileSync(path, 'utf8'),
  );
  rmSync(path);
  // Their names are relative to the file of the map, which lies at the top of dist/ now.
  const named = sources.map((/** @type {string} */ source) => posix.join(posix.dirname(id), source));
  return { version, sourceRoot, sources: named, sourcesContent, names, mappings };
}

/** @param {string} dist */
export function joinModules(dist) {
  const ids = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => name.replaceAll('\\', '/'))
    // The command line is a program of its own, which users of the package do not load.
    .filter((name) => !name.startsWith('cli/'))
    .sort();
  const known = new Set(ids);
  const texts = new Map(ids.map((id) => [id, readFileSync(join(dist, id), 'utf8')]));
  const early = reach(['engine/copies.js', 'register.js'], texts);
  const calls = reach(firstCall, texts);
  const main = reach(['index.js'], texts);
  /** @type {Record<string, string[]>} */
  const files = { first: [], base: [], calls: [], main: [], lib: [] };
  for (const id of ids) {
    const rest = main.has(id) ? (calls.has(id) ? 'base' : 'main') : calls.has(id) ? 'calls' : 'lib';
    files[early.has(id) ? 'first' : rest].push(id);
  }
  const { first, lib, ...parts } = files;
  const maps = new Map(ids.map((id) => [id, moduleMap(dist, id)]));
  /** @param {string[]} of */
  const modules = (of) =>
    of.map((id) => ({
      text: asFunction(id, texts.get(id) ?? '', known, of !== lib),
      map: maps.get(id) ?? {},
    }));
  const { version } = JSON.parse(readFileSync(join(dist, '../package.json'), 'utf8'));
  const where = Object.entries(parts).map(([name, of]) => [`./${name}.js`, ` ${of.join(' ')} `]);
  writeJoined(
    dist,
    'first.js',
    head.replace('%FILES%', () => JSON.stringify(where)),
    modules(first),
    tail(version),
  );
  const part = `'use strict';\nconst __load = require('./first.js');\nmodule.exports = {\n`;
  for (const [name, of] of Object.entries({ ...parts, lib }))
    writeJoined(dist, `${name}.js`, part, modules(of));
  for (const [id, text] of texts) {
    const names = [...text.matchAll(/\bexports(?:\.|, ")(\w+)(?= =|")/g)].map(([, name]) => name);
    writeFileSync(join(dist, id), entry(id, [...new Set(names)]));
  }
}
