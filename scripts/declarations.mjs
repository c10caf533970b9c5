// Compiles the published types as programs of others do: with @types/node of each major version, of
// scripts/pinned/types, by `import` and by `require`, with every check that the compiler has.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, ensureDist, ensureInstalled } from './bootstrap.mjs';
import { ensurePinned } from './pinned.mjs';
import { isProgram, main, root, run } from './tools.mjs';

const { dependencies } = JSON.parse(readFileSync(join(root, 'scripts/pinned/types/package.json'), 'utf8'));

const compilerOptions = {
  strict: true,
  skipLibCheck: false,
  noEmit: true,
  target: 'es2023',
  types: ['node'],
  // The types of Node are a link, and have to be found beside the program.
  preserveSymlinks: true,
};

/** How programs find a package: as Node does, and as bundlers do. */
const resolutions = {
  node: { module: 'nodenext' },
  // Without the compiler's types of browsers: Node has types of its own for them.
  bundler: { module: 'preserve', moduleResolution: 'bundler', lib: ['es2023', 'esnext.disposable'] },
};

/** Makes the folder of a program, with the package as in the tarball and one version of the types of Node. */
function makeProgram(modules, types) {
  const folder = mkdtempSync(join(tmpdir(), 'pendingop-types-'));
  const installed = join(folder, 'node_modules');
  const isDeclared = (from) => !/\.(js|map)$/.test(from);
  cpSync(join(root, 'test/types/consumer'), folder, { recursive: true });
  cpSync(join(root, 'dist'), join(installed, 'pendingop/dist'), { recursive: true, filter: isDeclared });
  cpSync(join(root, 'package.json'), join(installed, 'pendingop/package.json'));
  mkdirSync(join(installed, '@types'));
  symlinkSync(join(modules, types), join(installed, '@types/node'));
  // Used by the types that do not bring their own version.
  symlinkSync(join(modules, 'undici-types'), join(installed, 'undici-types'));
  return folder;
}

/** Returns whether the types compile. Prints what does not. */
export async function declarations() {
  await ensureDist();
  const modules = await ensurePinned('types');
  let ok = true;
  for (const types of Object.keys(dependencies)) {
    const folder = makeProgram(modules, types);
    try {
      for (const [name, resolution] of Object.entries(resolutions)) {
        const config = join(folder, `tsconfig.${name}.json`);
        const files = ['esm.mts', 'cjs.cts'];
        writeFileSync(
          config,
          JSON.stringify({ compilerOptions: { ...compilerOptions, ...resolution }, files }),
        );
        const { code } = await run(bin('tsc'), ['-p', config], { cwd: folder });
        if (code === 0) continue;
        console.error(`${types}, ${name}: does not compile`);
        ok = false;
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { ok };
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    await ensureInstalled();
    return (await declarations()).ok ? 0 : 1;
  });
}
