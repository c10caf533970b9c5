// Puts what tsc has made of lib/ into two files: a program that is started with the hook pays for every file that it has
// to find and read. dist/first.js has what the hook needs to be in place, dist/lib.js the rest. The modules stay what
// they are, each in a function of its own; its own file gives it out, and names its exports, since ES modules look for
// these names in the text.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Failure } from './tools.mjs';

const head = `'use strict';
// Made by scripts/join.mjs of modules in lib/.
const { join } = require('node:path');
const loaded = new Map();
let rest;
const others = () => (rest ??= require('./lib.js')(__load));
function __load(id) {
  const before = loaded.get(id);
  if (before !== undefined) return before;
  const exports = {};
  loaded.set(id, exports);
  try {
    (modules[id] ?? others()[id])(exports, join(__dirname, id, '..'));
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

/** @param {string} id @param {string} text @param {Set<string>} ids */
function asFunction(id, text, ids) {
  const body = text.replaceAll(
    /\brequire\((['"])(\.[^'"]*)\1\)/g,
    (_, __, request) => `__load(${JSON.stringify(resolve(id, request, ids))})`,
  );
  return `${JSON.stringify(id)}(exports, __dirname) {\n${body}\n},\n`;
}

/** What a module loads with itself, and what that does. @param {string} id @param {Map<string, string>} texts */
function withImports(id, texts, found = new Set()) {
  if (found.has(id)) return found;
  found.add(id);
  // What functions load later is indented.
  const imports = (texts.get(id) ?? '').matchAll(/^(?:const .*)?\brequire\("(\.[^"]*)"\)/gm);
  for (const [, request] of imports)
    withImports(resolve(id, request ?? '', new Set(texts.keys())), texts, found);
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

/** @param {string} dist */
export function joinModules(dist) {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  const ids = files
    .filter((name) => name.endsWith('.js'))
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
  const known = new Set(ids);
  const texts = new Map(ids.map((id) => [id, readFileSync(join(dist, id), 'utf8')]));
  const early = withImports('register.js', texts);
  const modules = (ids) => ids.map((id) => asFunction(id, texts.get(id) ?? '', known)).join('');
  const first = modules(ids.filter((id) => early.has(id)));
  const rest = modules(ids.filter((id) => !early.has(id)));
  writeFileSync(join(dist, 'first.js'), `${head}${first}};\n`);
  writeFileSync(join(dist, 'lib.js'), `'use strict';\nmodule.exports = (__load) => ({\n${rest}});\n`);
  for (const [id, text] of texts) {
    const names = [...text.matchAll(/\bexports(?:\.|, ")(\w+)(?= =|")/g)].map(([, name]) => name);
    writeFileSync(join(dist, id), entry(id, [...new Set(names)]));
  }
}
