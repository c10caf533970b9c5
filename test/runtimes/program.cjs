// Tries each part of the package in the runtime that runs this program, and prints one line of JSON.
// `program.cjs <the package> <an empty folder>`
const fs = require('node:fs');
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');

const [, , root, folder] = process.argv;
const po = require(root);
const fsp = require(`${root}/fs/promises`);
const callbacks = require(`${root}/fs`);

const file = join(folder, 'file');
const fifo = join(folder, 'fifo');
execFileSync('mkfifo', [fifo]);

/** Waits until the kernel has the one call that is pending. */
async function stuck() {
  for (;;) {
    const [op] = po.listPending();
    if (op?.state === 'running') return op;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const named = ({ name, code }) => [name, code];

const features = {
  addon: () => po.supported.native,
  files: async () => {
    await fsp.writeFile(file, 'hello');
    const stats = await fsp.stat(file);
    const [entry] = await fsp.readdir(folder, { withFileTypes: true });
    return [
      await fsp.readFile(file, 'utf8'),
      ...[stats.size, stats.isFile(), stats instanceof fs.Stats, stats.mtime instanceof Date],
      ...[entry.name, entry.isFIFO()],
    ];
  },
  errors: async () => {
    const error = await fsp.stat('/missing').catch((error) => error);
    return [error.message, error.code, error.syscall, error.path, error instanceof Error];
  },
  callbacks: () =>
    new Promise((resolve, reject) => {
      callbacks.stat(folder, (error, stats) => (error ? reject(error) : resolve(stats.isDirectory())));
    }),
  streams: async () => {
    let text = '';
    for await (const chunk of callbacks.createReadStream(file)) text += chunk;
    return text;
  },
  handles: async () => {
    const handle = await fsp.open(file, 'r+');
    await handle.write('J', 0);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(5), 0, 5, 0);
    await handle.close();
    return [bytesRead, buffer.toString()];
  },
  // A descriptor of this package in the runtime's own functions.
  descriptors: async () => {
    const handle = await fsp.open(file);
    try {
      return fs.fstatSync(handle.fd).size;
    } finally {
      await handle.close();
    }
  },
  interrupt: async () => {
    po.trackPending(true);
    try {
      const reading = fsp.readFile(fifo).catch((error) => error);
      const op = await stuck();
      po.interrupt(op);
      return [op.call, ...named(await reading)];
    } finally {
      po.trackPending(false);
    }
  },
  timeout: async () => named(await fsp.readFile(fifo, { timeout: 20 }).catch((error) => error)),
  signal: async () => {
    const controller = new AbortController();
    const reading = fsp.readFile(fifo, { signal: controller.signal }).catch((error) => error);
    controller.abort();
    return named(await reading);
  },
  commands: async () => (await require(`${root}/command`).runCommand('echo', ['hello'])).stdout,
  locks: async () => {
    const held = await require(`${root}/lock`).lock(join(folder, 'lock'));
    await held.release();
    return true;
  },
  mounts: () => po.mounts.list().some(({ mountPoint }) => mountPoint === '/'),
  tasks: () => require(`${root}/task`).runTask(() => 41 + 1),
  hook: () => {
    require(`${root}/register`);
    return true;
  },
};

(async () => {
  const results = {};
  for (const [name, feature] of Object.entries(features)) {
    try {
      results[name] = await feature();
    } catch (error) {
      results[name] = { code: error.code ?? error.name, message: error.message };
    }
  }
  fs.writeSync(1, `${JSON.stringify(results)}\n`);
  process.exit(0);
})();
