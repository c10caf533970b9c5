// Bun and Deno, from npm: what the package does there, measured by what it does in Node. docs/platforms.md has the table.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const dist = join(root, 'dist');
const program = join(__dirname, 'program.cjs');
const own = /^(JEST_|NODE_OPTIONS$|PENDINGOP_BACKEND$|PENDINGOP_KILLABLE$)/;
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name))),
  NO_COLOR: '1',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pendingop-runtime-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (file: string, args: readonly string[], cwd = root): string =>
  execFileSync(file, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 120_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** The runtime's program and the arguments before the script. */
function command(name: string): string[] {
  const path =
    run(process.execPath, [join(root, 'scripts/runtimes.mjs'), name])
      .trim()
      .split('\n')
      .at(-1) ?? '';
  return name === 'deno' ? [path, 'run', '--allow-all'] : [path];
}

function results(prefix: readonly string[]): Record<string, unknown> {
  const [file = '', ...args] = [...prefix, program, dist, mkdtempSync(join(folder, 'each-'))];
  return JSON.parse(run(file, args)) as Record<string, unknown>;
}

const refused = { code: 'ERR_PENDINGOP_HOOK' };
const different: Record<string, Record<string, unknown>> = {
  bun: { hook: refused },
  deno: { hook: refused, descriptors: { code: 'EBADF' } },
};

test.each(Object.keys(different))(
  '%s: all is as in Node but for what the table names',
  (name) => {
    const node = results([process.execPath]);
    const theirs = results(command(name));
    for (const [feature, result] of Object.entries(node)) {
      const other = different[name]?.[feature];
      if (other === undefined) expect([feature, theirs[feature]]).toEqual([feature, result]);
      else expect([feature, theirs[feature]]).toEqual([feature, expect.objectContaining(other)]);
    }
    expect(Object.keys(theirs)).toEqual(Object.keys(node));
    expect(JSON.stringify(node)).not.toContain('"message"');
  },
  300_000,
);

test.each(Object.keys(different))(
  '%s: ES modules find the names',
  (name) => {
    // As installed: Deno takes a file that is no dependency's for an ES module.
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules/pendingop'));
    writeFileSync(join(folder, 'package.json'), '{ "name": "app", "private": true }');
    const script = join(folder, 'names.mjs');
    writeFileSync(
      script,
      `import { listPending } from 'pendingop';
       import fs, { readdir } from 'pendingop/fs/promises';
       console.log(listPending().length, fs.readdir === readdir, (await readdir('node_modules')).join());`,
    );
    const [file = '', ...args] = [...command(name), script];
    expect(run(file, args, folder)).toBe('0 true pendingop\n');
  },
  300_000,
);
