// gone.cjs DIST|node: relative paths in a working directory that is gone.
const { mkdtempSync, rmdirSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { promisify } = require('node:util');
const [which] = process.argv.slice(2);
const fs = which === 'node' ? require('node:fs') : require(`${which}/fs`);
const fsp = fs.promises;

async function settle(act) {
  try {
    const value = await act();
    return Array.isArray(value) || typeof value === 'string' ? value : 'fine';
  } catch ({ code, syscall, path, message }) {
    return { code, syscall, path, message };
  }
}

(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gone-'));
  process.chdir(folder);
  rmdirSync(folder);
  const seen = {};
  const acts = {
    open: async () => (await fsp.open('.')).close(),
    'open nothing': () => fsp.open('nothing'),
    'open and stat': async () => {
      const handle = await fsp.open('.');
      await handle.stat();
      await handle.close();
    },
    opendir: async () => (await fsp.opendir('.')).close(),
    'opendir with a callback': async () => (await promisify(fs.opendir)('.')).close(),
    readdir: () => fsp.readdir('.'),
    'readdir with types': () => fsp.readdir('.', { withFileTypes: true }),
    stat: () => fsp.stat('.'),
    access: () => fsp.access('..'),
    readFile: () => fsp.readFile('nothing'),
    'stat with a callback': () => promisify(fs.stat)('.'),
    writeFile: () => fsp.writeFile('new', 'x'),
    mkdir: () => fsp.mkdir('new'),
    rename: () => fsp.rename('one', 'other'),
  };
  for (const [name, act] of Object.entries(acts)) seen[name] = await settle(act);
  console.log(JSON.stringify(seen));
})();
