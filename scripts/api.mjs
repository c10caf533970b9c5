// Makes docs/api.md from the declarations in dist/: what each entry point exports, with its signature and its
// docstring. `npm run api` writes the page; `npm run lint` compares it with the current declarations.
//
// tsc writes each declaration of a module at the start of a line, behind its docstring. The parser relies on nothing
// else.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ensureDist } from './bootstrap.mjs';
import { fsDocs } from './fs-docs.mjs';
import { isProgram, main, root } from './tools.mjs';

/** @typedef {{ name: string, doc: string, text: string, file: string }} Declaration */

const read = (file) => readFileSync(join(root, 'dist', file), 'utf8');

/** The module that `request` means in `file`; undefined: it is not one of ours. */
function moduleOf(file, request) {
  if (!request.startsWith('.')) return undefined;
  const path = posix.join(posix.dirname(file), request);
  return [`${path}.d.ts`, `${path}/index.d.ts`].find((name) => existsSync(join(root, 'dist', name)));
}

const docText = (comment) =>
  comment
    .replace(/^\/\*\*\s?|\s*\*\/$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .trim();

/** Every declaration of a file, in order. Overloads are several declarations. @returns {Declaration[]} */
function declarationsIn(file) {
  const found = [];
  const pattern =
    /^(\/\*\*[\s\S]*?\*\/\n)?((?:export )?(?:declare )?(?:abstract )?(?:function|const|class|interface|type) (\w+)[\s\S]*?(?:;|\}))$(?=\n[^\s}]|\n?$(?![\s\S]))/gm;
  for (const [, comment = '', text, name] of read(file).matchAll(pattern)) {
    found.push({
      name,
      doc: docText(comment.trim()),
      text: text.replace(/^(export )?(declare )?/, ''),
      file,
    });
  }
  return found;
}

/** The names that a file imports: alias → [module, name]; `*` stands for the module itself. */
function importsOf(file) {
  const names = new Map();
  const text = read(file);
  for (const [, list, request] of text.matchAll(/^import (?:type )?\{([^}]*)\} from '([^']+)';/gm)) {
    for (const item of list.split(',')) {
      const [name, alias = name] = item
        .replace(/\btype\b/, '')
        .trim()
        .split(/ as /);
      if (name) names.set(alias.trim(), [request, name.trim()]);
    }
  }
  for (const [, alias, request] of text.matchAll(/^import (?:type )?\* as (\w+) from '([^']+)';/gm)) {
    names.set(alias, [request, '*']);
  }
  return names;
}

/** The declarations of `name` in `file`, or where it is imported or exported from. @returns {Declaration[]} */
function find(file, name) {
  const here = declarationsIn(file).filter((each) => each.name === name);
  if (here.length > 0) return here.flatMap((each) => follow(each));
  for (const [, list, request] of read(file).matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';/gm)) {
    for (const item of list.split(',')) {
      const [from, alias = from] = item
        .replace(/\btype\b/, '')
        .trim()
        .split(/ as /);
      const module = moduleOf(file, request);
      if (alias?.trim() === name && module !== undefined) return find(module, from.trim());
    }
  }
  const imported = importsOf(file).get(name);
  const module = imported && moduleOf(file, imported[0]);
  return module === undefined ? [] : find(module, imported[1]);
}

/** Follows `const stat: typeof stats.stat` to the declaration that it stands for. */
function follow(declaration) {
  const [, first, second] = /^const \w+: typeof (\w+)(?:\.(\w+))?;$/.exec(declaration.text) ?? [];
  if (first === undefined) return [declaration];
  const [request, name] = importsOf(declaration.file).get(first) ?? [];
  const module = request === undefined ? undefined : moduleOf(declaration.file, request);
  if (module === undefined) return [declaration];
  const found = find(module, second ?? name);
  return found.length > 0
    ? found.map((each) => ({ ...each, doc: each.doc || declaration.doc }))
    : [declaration];
}

/** The names that an entry point exports, without those of Node's that it only passes on. */
function exportsOf(file) {
  const text = read(file);
  const names = [
    ...text.matchAll(/^export (?:declare )?(?:function|const|class|interface|type) (\w+)/gm),
  ].map(([, name]) => name);
  for (const [, list, request] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';/gm)) {
    if (moduleOf(file, request) === undefined) continue;
    for (const item of list.split(',')) {
      const [from, alias = from] = item
        .replace(/\btype\b/, '')
        .trim()
        .split(/ as /);
      if (from) names.push(alias.trim());
    }
  }
  return [...new Set(names)].sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase()));
}

const isNodes = (declaration) => /^const \w+: typeof node(\.\w+)+;$/.test(declaration.text);

/** The docstring with its tags as the page shows them. */
const shown = (doc) =>
  doc
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/^@param ([\w.]+)\s*(?:- )?/gm, '- `$1`: ')
    .replace(/^@returns?\s*/gm, '- returns ')
    .replace(/^@throws\s*/gm, '- throws ')
    .replace(/^@default\s*/gm, '- default: ')
    .replace(/^@example\s*\n?/gm, '\nExample:\n\n');

/** The text about a function of node:fs. The introduction of the page has the rest. */
function fsDoc(name) {
  const known = fsDocs[name] ?? fsDocs[name.replace(/Sync$/, '')];
  return known && [known.does, known.note].filter(Boolean).join(' ');
}

const isOfFs = (file) => file.startsWith('fs/');

function section(name, declarations, entry) {
  const ofFs = isOfFs(entry) ? fsDoc(name) : undefined;
  const docs = ofFs ? [ofFs] : [...new Set(declarations.map(({ doc }) => doc).filter(Boolean))];
  const whole = isOfFs(entry) && name === 'promises';
  const texts = whole
    ? ["const promises: typeof import('pendingop/fs/promises').default;"]
    : declarations.map(({ text }) => text.replaceAll(/import\("[^"]*"\)\./g, ''));
  const code = texts.join('\n');
  return `### ${name}\n\n${docs.map((doc) => `${shown(doc)}\n\n`).join('')}\`\`\`ts\n${code}\n\`\`\`\n`;
}

const FS_INTRODUCTION = `Arguments, results and errors are Node's. Options, or a last argument where Node takes no options, have besides:
\`timeout\`, ms from the call, the time in the queue included (default: the \`timeout\` of \`configure()\`; 0 and \`Infinity\`: none),
and \`signal\`, an \`AbortSignal\`. Besides Node's errors there are \`TimeoutError\`, \`AbortError\`, \`InterruptError\`,
\`StalledError\` and \`MountMissingError\`: [errors.md](errors.md). A synchronous function takes \`timeout\` only; without one it is
Node's own, and blocks for as long as the kernel does. An editor shows the arguments and an example of each.
`;

const isSame = (some, others) =>
  some.length === others.length &&
  some.every(({ file, text }, i) => file === others[i].file && text === others[i].text);

/** Of functions each entry point has its own text. */
const isInterfaceOrClass = ([{ text }]) => /^(abstract class|class|interface|type) /.test(text);

/** The page. */
export function apiPage() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const parts = [
    '# API reference\n\nMade from the types by `npm run api`. Functions of `node:fs` keep their names, arguments and results; what is\nshown here is what this package adds to them, and everything of its own.\n',
  ];
  const shownBefore = [];
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === 'string' || target.types === undefined) continue;
    const file = target.types.replace('./dist/', '');
    const name = path === '.' ? 'pendingop' : `pendingop/${path.slice(2)}`;
    const found = exportsOf(file).map((each) => [each, find(file, each)]);
    parts.push(`## \`${name}\`\n`);
    if (isOfFs(file)) parts.push(FS_INTRODUCTION);
    const nodes = found
      .filter(([, list]) => list.length === 0 || list.every(isNodes))
      .map(([each]) => `\`${each}\``);
    if (nodes.length > 0) parts.push(`With the types of Node: ${nodes.join(', ')}.\n`);
    for (const [each, list] of found) {
      if (list.length === 0 || list.every(isNodes)) continue;
      const before = shownBefore.find(({ declarations }) => isSame(declarations, list));
      if (before === undefined) shownBefore.push({ name, declarations: list });
      const isReexport = before !== undefined && isInterfaceOrClass(list);
      parts.push(
        isReexport ? `### ${each}\n\nThat of \`${before.name}\`: see there.\n` : section(each, list, file),
      );
    }
  }
  return `${parts.join('\n')}`;
}

export const apiPath = join(root, 'docs/api.md');

if (isProgram(import.meta.url)) {
  await main(async () => {
    await ensureDist();
    writeFileSync(apiPath, apiPage());
  });
}
