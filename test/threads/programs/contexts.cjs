// contexts: one environment with several copies of the package, in vm contexts and in module caches of their own.
'use strict';
const { createRequire } = require('node:module');
const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const vm = require('node:vm');
const { makeFolder } = require('./common.cjs');

const dist = join(__dirname, '../../../dist');

/** Returns a require() that evaluates the files of dist/ in `context`, and all others as usual. */
function requireIn(context) {
  const cache = new Map();
  const load = (file) => {
    const known = cache.get(file);
    if (known) return known.exports;
    const module = { exports: {} };
    cache.set(file, module);
    const outer = createRequire(file);
    const inner = (id) => {
      const path = id.startsWith('.') ? outer.resolve(id) : id;
      return path.startsWith(`${dist}/`) ? load(path) : outer(id);
    };
    inner.resolve = outer.resolve;
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`;
    const wrapper = context
      ? vm.runInContext(source, context, { filename: file })
      : vm.runInThisContext(source, { filename: file });
    wrapper(module.exports, inner, module, file, dirname(file));
    return module.exports;
  };
  return (name) => load(join(dist, name));
}

async function use(load, folder) {
  const po = load('index.js');
  const fsp = load('fs/promises/index.js');
  po.trackPending(true);
  const failure = fsp.open(join(folder, 'unopened')).catch((error) => error);
  while (po.listPending({ state: 'running' }).length === 0)
    await new Promise((resolve) => setImmediate(resolve));
  const text = await fsp.readFile(join(folder, 'file'), 'latin1');
  const listed = po.listPending().length;
  await po.interrupt(...po.listPending());
  const error = await failure;
  const row = {
    size: text.length,
    listed,
    outcome: error.outcome,
    own: error instanceof po.InterruptError,
    left: po.listPending().length,
  };
  // From each copy one op that the event loop carries out.
  let ended;
  const end = new Promise((_, reject) => {
    ended = reject;
  });
  const tracked = po
    .trackOp({ fn: 'wait', onInterrupt: () => ended(new Error('ended')) }, () => end)
    .catch((error) => error);
  await po.interrupt(po.listPending());
  row.tracked = (await tracked)?.outcome;
  po.trackPending(false);
  return row;
}

async function main() {
  const folder = makeFolder();
  const names = [
    'Buffer',
    'URL',
    'AbortSignal',
    'AbortController',
    'process',
    'setTimeout',
    'setImmediate',
    'performance',
    'console',
  ];
  const globals = Object.fromEntries(names.map((name) => [name, globalThis[name]]));
  const loads = [];
  for (let i = 0; i < 5; i++) loads.push(requireIn(undefined));
  for (let i = 0; i < 5; i++) loads.push(requireIn(vm.createContext({ ...globals })));
  console.log(JSON.stringify(await Promise.all(loads.map((load) => use(load, folder)))));
}

main();
