// Bun and Deno, from npm: the package does there what it does in Node, but for what docs/platforms.md lists.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFolder } from '../fixtures/folder';

const root = join(__dirname, '../..');
const dist = join(root, 'dist');
const program = join(__dirname, 'program.cjs');
const own = /^(JEST_|NODE_OPTIONS$|PENDINGOP_BACKEND$|PENDINGOP_KILLABLE$)/;
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name))),
  NO_COLOR: '1',
};

const folder = withFolder('runtime');

const run = (file: string, args: readonly string[], cwd = root): string =>
  execFileSync(file, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 120_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Returns the runtime's program, and the arguments before the script. */
function command(name: string): string[] {
  const path =
    run(process.execPath, [join(root, 'scripts/runtimes.mjs'), name])
      .trim()
      .split('\n')
      .at(-1) ?? '';
  return name === 'deno' ? [path, 'run', '--allow-all'] : [path];
}

function results(prefix: readonly string[]): Record<string, unknown> {
  const [file = '', ...args] = [...prefix, program, dist, mkdtempSync(folder('each-'))];
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
    // The package is found as if it were installed: Deno takes a file outside of node_modules for an ES module.
    mkdirSync(folder('node_modules'));
    symlinkSync(root, folder('node_modules/pendingop'));
    writeFileSync(folder('package.json'), '{ "name": "app", "private": true }');
    const script = folder('names.mjs');
    writeFileSync(
      script,
      `import { listPending } from 'pendingop';
       import fs, { readdir } from 'pendingop/fs/promises';
       console.log(listPending().length, fs.readdir === readdir, (await readdir('node_modules')).join());`,
    );
    const [file = '', ...args] = [...command(name), script];
    expect(run(file, args, folder())).toBe('0 true pendingop\n');
  },
  300_000,
);
