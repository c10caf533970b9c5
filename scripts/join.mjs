// Joins tsc's output for lib/ into a few files: a program pays for every file that it has to find and read, and for every
// line that it has to parse. So each file has what is needed at the same time; filesOf() says which. The modules stay what
// they are, each in a function of its own. The file of each module returns it and names its exports, because ES modules
// look for these names in the text. The source map of each joined file is that of its modules, whose lines stay as tsc
// wrote them.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { encodedMap, FlattenMap } from '@jridgewell/trace-mapping';
import { Failure } from './tools.mjs';

const head = `'use strict';
// Made by scripts/join.mjs of modules in lib/.
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
    find(id)(exports);
  } catch (error) {
    loaded.delete(id);
    throw error;
  }
  return exports;
}
module.exports = __load;
const __dist = __dirname;
const modules = {
`;

const start = `'use strict';
const __load = require('./loading/load.js');
const __dist = __dirname;
`;

/** Returns a module of Node's as `import * as` sees it. */
const importStar = `function __importStar(of) {
  const names = Object.keys(of).map((name) => [name, { enumerable: true, get: () => of[name] }]);
  return Object.create(null, Object.fromEntries([...names, ['default', { enumerable: true, value: of }]]));
}
`;

/** What tsc puts before a module with `import * as` or a default import. */
const helpers = /^var __(?:createBinding|setModuleDefault|importStar|importDefault) = [\s\S]*?^\S.*;$/gm;

/** @param {string} from @param {string} request @param {Set<string>} ids */
function resolve(from, request, ids) {
  const path = posix.join(posix.dirname(from), request);
  const found = [path, `${path}.js`, `${path}/index.js`].find((id) => ids.has(id));
  if (found === undefined) throw new Failure(`dist/${from} requires ${request}, which is not there`);
  return found;
}

/** The module that loads the joined files. */
const LOADER = 'loading/load.js';

const mapReference = /^\/\/# sourceMappingURL=.*$/m;

/**
 * Modules that others load at the first use of what they import of them, and not when they are loaded themselves: most
 * programs do without. Nothing outside of their folders uses them while it is loaded.
 */
const late =
  /^fs\/(?:trees|dir\/(?!request)|plan\/(?:steps|wait)|walk\/(?!index)|watch\/(?!index|events|watch\.|watch-file))/;

const isLate = (/** @type {string} */ id, /** @type {string} */ of) => late.test(of) && !late.test(id);

/** @param {string} id @param {string} text @param {Set<string>} ids @param {boolean} isNeeded */
function asFunction(id, text, ids, isNeeded) {
  let body = text
    .replace(mapReference, '')
    .replaceAll(helpers, (lines) => '\n'.repeat(linesIn(lines)))
    // Each export is written once, by its module. So V8 takes it for a constant, and makes no hidden class for the void.
    .replaceAll(/^(?:exports\.\w+ = )+void 0;$/gm, '')
    .replaceAll(
      /(?:__import(?:Star|Default)\()?\brequire\((['"])(\.[^'"]*)\1\)\)?/g,
      (_, __, request) => `__load(${JSON.stringify(resolve(id, request, ids))})`,
    )
    .replaceAll(/__importDefault\((require\("[^"]*"\))\)/g, '{ default: $1 }');
  for (const [line, name, of] of body.matchAll(/^const (\w+) = __load\("([^"]*)"\);$/gm)) {
    if (!isLate(id, of)) continue;
    body = body
      .replaceAll(new RegExp(`(?<![\\w./])${name}\\.`, 'g'), `(${name}()).`)
      .replace(line, `const ${name} = () => __load("${of}");`);
  }
  // V8 expects a function in parentheses to be called, and parses it once instead of twice.
  const folder = /\b__dirname\b/.test(body)
    ? `const __dirname = require('node:path').join(__dist, '${posix.dirname(id)}');`
    : '';
  const made = `function (exports) {${folder}\n${body}\n}`;
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
  const text = `${before}${modules.map((module) => module.text).join('')}${after}//# sourceMappingURL=${name}.map\n`;
  writeFileSync(join(dist, name), text);
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
 * Returns the modules of each joined file. `first` has what the hook needs to be in place, `calls` what the first call
 * needs besides, `main` what the entry point `pendingop` needs, `base` what both of these need, and `lib` the rest. Late
 * modules are in `calls`, too: the disk may not answer any more when they are needed.
 *
 * @param {readonly string[]} ids @param {Map<string, string>} texts
 */
function filesOf(ids, texts) {
  const early = reach(['engine/copies.js', 'register.js'], texts);
  const calls = reach([...firstCall, ...ids.filter((id) => late.test(id))], texts);
  const main = reach(['index.js'], texts);
  /** @type {Record<string, string[]>} */
  const files = { first: [], base: [], calls: [], main: [], lib: [] };
  for (const id of ids) {
    const rest = main.has(id) ? (calls.has(id) ? 'base' : 'main') : calls.has(id) ? 'calls' : 'lib';
    files[early.has(id) ? 'first' : rest].push(id);
  }
  return files;
}

/**
 * The modules that these modules load while they are loaded, recursively.
 *
 * @param {readonly string[]} of @param {Map<string, string>} texts
 */
function reach(of, texts, found = new Set()) {
  for (const id of of) {
    if (found.has(id)) continue;
    found.add(id);
    // A require() inside of a function, which loads later, is indented.
    const imports = (texts.get(id) ?? '').matchAll(/^(?:(?:const|var) .*)?\brequire\("(\.[^"]*)"\)/gm);
    const ids = [...imports]
      .map(([, request]) => resolve(id, request ?? '', new Set(texts.keys())))
      .filter((needed) => !isLate(id, needed));
    reach(ids, texts, found);
  }
  return found;
}

/** @param {string} id @param {readonly string[]} names */
function entry(id, names) {
  const loader = posix.relative(posix.dirname(id), LOADER);
  const named = names.map((name) => `exports.${name} = `).join('');
  return `'use strict';
const load = require('${loader.startsWith('.') ? loader : `./${loader}`}');
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
    .filter((name) => !name.startsWith('cli/') && name !== LOADER)
    .sort();
  const known = new Set(ids);
  const texts = new Map(ids.map((id) => [id, readFileSync(join(dist, id), 'utf8')]));
  const { first, ...parts } = filesOf(ids, texts);
  const likely = reach(['engine/copies.js', 'register.js', 'index.js', ...firstCall], texts);
  const maps = new Map(ids.map((id) => [id, moduleMap(dist, id)]));
  /** @param {string[]} of */
  const modules = (of) =>
    of.map((id) => ({
      text: asFunction(id, texts.get(id) ?? '', known, likely.has(id)),
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
  for (const [name, of] of Object.entries(parts)) {
    const made = modules(of);
    const star = made.some(({ text }) => text.includes('__importStar(')) ? importStar : '';
    writeJoined(dist, `${name}.js`, `${start}${star}module.exports = {\n`, made);
  }
  for (const [id, text] of texts) {
    const names = [...text.matchAll(/\bexports(?:\.|, ")(\w+)(?= =|")/g)].map(([, name]) => name);
    writeFileSync(join(dist, id), entry(id, [...new Set(names)]));
  }
}
