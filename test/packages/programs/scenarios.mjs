// A small real use of each package, by its name: what comes out must not depend on the hook.
//   node scenarios.mjs <name> <empty folder> [how many times the same files]
import fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const isProgram = import.meta.url === pathToFileURL(process.argv[1]).href;
const [, , name, folder, times = '1'] = process.argv;
const copies = isProgram ? Number(times) : 1;

/** As many times as the program is told: files in folders, a link and an executable. */
export function tree(root, times = copies) {
  for (let i = 1; i < times; i++) tree(join(root, `again-${i}`), 1);
  for (const folder of ['a/b/c', 'a/d', 'e']) fs.mkdirSync(join(root, folder), { recursive: true });
  for (const [i, name] of ['one.txt', 'a/two.js', 'a/b/three.js', 'a/b/c/four.txt', 'e/five.js'].entries())
    fs.writeFileSync(join(root, name), `${name} `.repeat(10 ** i), { mode: i === 1 ? 0o755 : 0o644 });
  fs.symlinkSync('../one.txt', join(root, 'a/link'));
  return root;
}

/** All that is below, with type, mode, size. */
function inventory(root) {
  const names = fs.readdirSync(root, { recursive: true }).sort();
  return names.map((name) => {
    const stats = fs.lstatSync(join(root, name));
    return [name, stats.mode.toString(8), stats.isDirectory() ? 0 : stats.size];
  });
}

const failure = async (promise) => {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  return error && [error.name, error.code, error.syscall];
};

const once = (emitter, event, when = () => true) =>
  new Promise((resolve, reject) => {
    emitter.on(event, (...args) => when(...args) && resolve(args));
    emitter.on('error', reject);
  });

const scenarios = {
  async 'graceful-fs'(folder) {
    const graceful = (await import('graceful-fs')).default;
    const read = (path) =>
      new Promise((resolve, reject) =>
        graceful.readFile(path, 'utf8', (error, text) => (error ? reject(error) : resolve(text.length))),
      );
    const root = tree(join(folder, 'tree'));
    const sizes = await Promise.all(Array.from({ length: 500 }, () => read(join(root, 'one.txt'))));
    const stream = graceful.createWriteStream(join(root, 'new'));
    stream.end('written');
    await once(stream, 'close');
    // As programs do that cannot say which fs others use.
    graceful.gracefulify(fs);
    const patched = await new Promise((resolve) =>
      fs.readFile(join(root, 'new'), 'utf8', (_, text) => resolve(text)),
    );
    return [sizes.reduce((a, b) => a + b), patched, await failure(read(join(root, 'none')))];
  },

  async 'fs-extra'(folder) {
    const extra = (await import('fs-extra')).default;
    const root = tree(join(folder, 'tree'));
    await extra.copy(root, join(folder, 'copy'), { preserveTimestamps: true });
    await extra.move(join(folder, 'copy/a'), join(folder, 'moved/a'));
    await extra.outputJson(join(folder, 'deep/er/x.json'), { x: 1 });
    await extra.ensureLink(join(root, 'one.txt'), join(folder, 'hard/link'));
    await extra.emptyDir(join(root, 'e'));
    await extra.remove(join(folder, 'copy'));
    const there = await extra.pathExists(join(folder, 'copy'));
    return [
      inventory(folder),
      there,
      await extra.readJson(join(folder, 'deep/er/x.json')),
      await failure(extra.copy(join(folder, 'none'), join(folder, 'other'))),
    ];
  },

  async glob(folder) {
    const { glob, globIterate } = await import('glob');
    const root = tree(join(folder, 'tree'));
    const found = [];
    for await (const name of globIterate('**/*.js', { cwd: root, stat: true })) found.push(name);
    return [(await glob('**/*', { cwd: root, mark: true, dot: true })).sort(), found.sort()];
  },

  async rimraf(folder) {
    const { rimraf } = await import('rimraf');
    const [first, second] = [tree(join(folder, 'first')), tree(join(folder, 'second'))];
    const removed = [await rimraf(first), await rimraf(join(folder, 'second/*'), { glob: true })];
    return [removed, await rimraf(join(folder, 'none')), inventory(folder), fs.existsSync(second)];
  },

  async tar(folder) {
    const tar = await import('tar');
    const root = tree(join(folder, 'tree'));
    await tar.create({ gzip: true, file: join(folder, 'a.tgz'), cwd: root, portable: true }, ['.']);
    fs.mkdirSync(join(folder, 'out'));
    await tar.extract({ file: join(folder, 'a.tgz'), cwd: join(folder, 'out') });
    const names = [];
    await tar.list({
      file: join(folder, 'a.tgz'),
      onReadEntry: (entry) => names.push([entry.path, entry.size]),
    });
    return [inventory(join(folder, 'out')), names.sort()];
  },

  async chokidar(folder) {
    const { watch } = await import('chokidar');
    const root = tree(join(folder, 'tree'));
    const watcher = watch(root, { usePolling: false });
    const seen = [];
    watcher.on('all', (event, path) => seen.push([event, path.slice(root.length)]));
    await once(watcher, 'ready');
    const added = once(watcher, 'add', (path) => path.endsWith('new'));
    fs.writeFileSync(join(root, 'a/new'), 'x');
    await added;
    const gone = once(watcher, 'unlink', (path) => path.endsWith('one.txt'));
    fs.unlinkSync(join(root, 'one.txt'));
    await gone;
    await watcher.close();
    // Whether a folder or a link has changed besides depends on how fast it was looked at.
    return seen.filter(([event]) => event !== 'change').sort();
  },

  async 'write-file-atomic'(folder) {
    const { default: write } = await import('write-file-atomic');
    const file = join(folder, 'file');
    await Promise.all(Array.from({ length: 20 }, (_, i) => write(file, `version ${i}`, { mode: 0o600 })));
    return [
      fs.readFileSync(file, 'utf8'),
      inventory(folder),
      await failure(write(join(folder, 'none/file'), '')),
    ];
  },

  async 'proper-lockfile'(folder) {
    const { default: lockfile } = await import('proper-lockfile');
    const file = join(folder, 'file');
    fs.writeFileSync(file, '');
    const release = await lockfile.lock(file);
    const during = [await lockfile.check(file), await failure(lockfile.lock(file)), inventory(folder)];
    await release();
    return [during, await lockfile.check(file), await failure(lockfile.lock(join(folder, 'none')))];
  },

  async vite(folder) {
    const { build } = await import('vite');
    fs.writeFileSync(join(folder, 'index.html'), '<script type="module" src="./main.js"></script>');
    fs.writeFileSync(
      join(folder, 'main.js'),
      "import { x } from './x.js'; import('./late.js'); document.title = x;",
    );
    fs.writeFileSync(join(folder, 'x.js'), "import './style.css'; export const x = 'title';");
    fs.writeFileSync(join(folder, 'late.js'), "console.log('late');");
    fs.writeFileSync(join(folder, 'style.css'), 'body { color: red }');
    await build({ root: folder, logLevel: 'silent', configFile: false });
    return inventory(join(folder, 'dist'));
  },
};

if (isProgram) console.log(JSON.stringify(await scenarios[name](folder)));
