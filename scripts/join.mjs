// Puts what tsc has made of lib/ into three files: a program that is started with the hook pays for every file that it
// has to find and read, and for every line that it has to parse. dist/first.js has what the hook needs to be in place,
// dist/calls.js what the first call needs besides, dist/lib.js the rest. The modules stay what they are, each in a
// function of its own; its own file gives it out, and names its exports, since ES modules look for these names in the
// text.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Failure } from './tools.mjs';

const head = `'use strict';
// Made by scripts/join.mjs of modules in lib/.
const { join } = require('node:path');
const loaded = new Map();
const find = (id) => modules[id] ?? require('./calls.js')[id] ?? require('./lib.js')[id];
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

/** @param {string} id @param {string} text @param {Set<string>} ids @param {boolean} isNeeded */
function asFunction(id, text, ids, isNeeded) {
  const body = text.replaceAll(
    /\brequire\((['"])(\.[^'"]*)\1\)/g,
    (_, __, request) => `__load(${JSON.stringify(resolve(id, request, ids))})`,
  );
  // In parentheses V8 takes it that such a function is called, and parses it once instead of twice.
  const made = `function (exports, __dirname) {\n${body}\n}`;
  return `${JSON.stringify(id)}: ${isNeeded ? `(${made})` : made},\n`;
}

/** What lib/hook/lazy.ts loads. */
const firstCall = ['fs/callback/functions.js', 'fs/promises/index.js', 'fs/callback/streams.js'];

/** What modules load with themselves, and what that does. @param {readonly string[]} of @param {Map<string, string>} texts */
function reach(of, texts, found = new Set()) {
  for (const id of of) {
    if (found.has(id)) continue;
    found.add(id);
    // What functions load later is indented.
    const imports = (texts.get(id) ?? '').matchAll(/^(?:const .*)?\brequire\("(\.[^"]*)"\)/gm);
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

/** @param {string} dist */
export function joinModules(dist) {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  const ids = files
    .filter((name) => name.endsWith('.js'))
    .map((name) => name.replaceAll('\\', '/'))
    // The command line is a program of its own: who uses the package does not load it.
    .filter((name) => !name.startsWith('cli/'))
    .sort();
  const known = new Set(ids);
  const texts = new Map(ids.map((id) => [id, readFileSync(join(dist, id), 'utf8')]));
  const early = reach(['register.js'], texts);
  const calls = reach(firstCall, texts);
  const needed = new Set([...early, ...calls, ...reach(['index.js'], texts)]);
  /** @param {(id: string) => boolean} isIn */
  const modules = (isIn) =>
    ids
      .filter(isIn)
      .map((id) => asFunction(id, texts.get(id) ?? '', known, needed.has(id)))
      .join('');
  /** @param {string} text */
  const part = (text) =>
    `'use strict';\nconst __load = require('./first.js');\nmodule.exports = {\n${text}};\n`;
  writeFileSync(join(dist, 'first.js'), `${head}${modules((id) => early.has(id))}};\n`);
  const second = modules((id) => calls.has(id) && !early.has(id));
  writeFileSync(join(dist, 'calls.js'), part(second));
  const others = modules((id) => !calls.has(id) && !early.has(id));
  writeFileSync(join(dist, 'lib.js'), part(others));
  for (const [id, text] of texts) {
    const names = [...text.matchAll(/\bexports(?:\.|, ")(\w+)(?= =|")/g)].map(([, name]) => name);
    writeFileSync(join(dist, id), entry(id, [...new Set(names)]));
  }
}
