// What an editor shows of the package: every export has a docstring, and every example in a docstring compiles.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fs from '../../lib/fs';
import * as promises from '../../lib/fs/promises';
import { callbackNames, promiseNames } from '../../lib/fs/requests/names';
import { withSharedFolder } from '../fixtures/folder';
import { LanguageServer } from './language-server';

const root = join(__dirname, '../..');
const app = withSharedFolder('docstrings');
beforeAll(() => {
  mkdirSync(app('node_modules/@opentelemetry'), { recursive: true });
  symlinkSync(root, app('node_modules/pendingop'));
  for (const used of ['@opentelemetry/api', 'prom-client'])
    symlinkSync(join(root, 'node_modules', used), app('node_modules', used));
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    module: 'node20',
    moduleDetection: 'force',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  writeFileSync(app('package.json'), '{ "type": "module" }');
  writeFileSync(app('tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
});

const declarations = (): string[] =>
  readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.d.ts'),
  );

test('the examples in docstrings compile', () => {
  const examples = new Set<string>();
  for (const name of declarations()) {
    const text = readFileSync(join(root, 'dist', name), 'utf8').replace(/^[ \t]*\* ?/gm, '');
    const all = text.match(/^@example/gm) ?? [];
    const found = [...text.matchAll(/^@example\n```ts\n([\s\S]*?)^```$/gm)];
    // Each fenced example is compiled as a module.
    expect([name, found.length]).toEqual([name, all.length]);
    for (const [, code = ''] of found) examples.add(code);
  }
  expect(examples.size).toBeGreaterThan(callbackNames.length * 2 + promiseNames.length - 1);
  for (const [i, code] of [...examples].entries()) writeFileSync(app(`example-${i}.ts`), code);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', app(), '--pretty', 'false'], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
});

const isMember = (line: string): boolean => /^ {4}(readonly |static |get )?[\w'[\].$-]+[?(<:]/.test(line);

test('every export of an entry point has a docstring, and so has each of its members', () => {
  const page = readFileSync(join(root, 'docs/api.md'), 'utf8');
  const silent: string[] = [];
  for (const section of page.split(/^(?=### )/m).slice(1)) {
    const name = /^### (\S+)/.exec(section)?.[1];
    // The declaration is the last block; an example may stand before it.
    const at = section.lastIndexOf('```ts\n');
    const doc = section.slice(section.indexOf('\n'), at);
    const code = section.slice(at + 6).split('\n```')[0] ?? '';
    if (doc.trim() === '') silent.push(`${name}`);
    if (!/^(interface|class|abstract class|const \w+: \{)/.test(code)) continue;
    const lines = code.split('\n');
    // Only the first overload has the docstring.
    const method = (i: number): string | undefined => /^ {4}(\w+)[<(]/.exec(lines[i] ?? '')?.[1];
    const isOverload = (i: number): boolean =>
      method(i) !== undefined && lines.slice(0, i).some((_, k) => method(k) === method(i));
    for (const [i, line] of lines.entries())
      if (isMember(line) && !/\*\/$/.test(lines[i - 1] ?? '') && !isOverload(i))
        silent.push(`${name}: ${line.trim()}`);
  }
  expect(silent).toEqual([]);
});

/** Returns the names that an entry point exports, without `default`. */
const namesOf = (module: object): string[] =>
  Object.keys(module).filter((name) => /^(?!default$|__)\w+$/.test(name));

/** Newer Nodes export more than @types/node of Node 20 has. Some of these exports are not enumerable and warn when read. */
const known = (path: string, names: readonly string[]): string[] => {
  const text = readFileSync(join(root, 'dist', path), 'utf8');
  return names.filter((name) => new RegExp(`export declare const ${name}\\b`).test(text));
};

test('hovering over a function shows what it does', async () => {
  const server = new LanguageServer(app());
  try {
    await server.start();
    const entries: [string, string, string[]][] = [
      ['pendingop/fs', 'fs', known('fs/index.d.ts', namesOf(fs))],
      ['pendingop/fs/promises', 'fsp', known('fs/promises/index.d.ts', namesOf(promises))],
    ];
    const silent: string[] = [];
    for (const [entry, alias, names] of entries) {
      expect(names).toEqual(expect.arrayContaining(alias === 'fs' ? [...callbackNames] : ['readFile', 'rm']));
      const uses = names.flatMap((name) => [name, `${alias}.${name}`, `${alias}.default.${name}`]);
      const head = `import ${alias}, { ${names.join(', ')} } from '${entry}';`;
      server.open(`${alias}.ts`, [head, ...uses.map((use) => `${use};`), ''].join('\n'));
      for (const [i, use] of uses.entries()) {
        const shown = await server.hover(`${alias}.ts`, i + 1, use.length - 1);
        if (shown.replace(/^```typescript\n[\s\S]*?\n```\n/, '').trim() === '')
          silent.push(`${entry}: ${use}`);
      }
    }
    expect(silent).toEqual([]);
    const calls = ["readFile('x', 'utf8');", "stat('x', { bigint: true });", "rm('x', { recursive: true });"];
    const head = "import { readFile, rm, stat } from 'pendingop/fs/promises';";
    server.open('calls.ts', [head, ...calls, ''].join('\n'));
    const shown = await Promise.all(calls.map((_, i) => server.hover('calls.ts', i + 1, 1)));
    expect(shown).toEqual([
      expect.stringContaining('Reads a whole file'),
      expect.stringContaining('Links are followed'),
      expect.stringContaining('An interrupt ends those in flight'),
    ]);
  } finally {
    await server.stop();
  }
});
