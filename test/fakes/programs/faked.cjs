// node [--require pendingop/register] faked.cjs WHAT FOLDER. Replaces every timer, queue and clock of Node as tools for tests
// do (sinon's fake timers replace those of the module `timers`, too): what this package calls of them fails, what the
// program and Node call works. Then does WHAT, and prints its result.
const { once } = require('node:events');
const fs = require('node:fs');
const { join } = require('node:path');
const timers = require('node:timers');

const [what, folder] = process.argv.slice(2);
const hooked = process.execArgv.length > 0;
const dist = join(__dirname, '../../../dist');
const pendingop = (entry = 'index.js') => require(join(dist, entry));
if (!hooked)
  for (const entry of ['index.js', 'fs/index.js', 'command/index.js', 'task/index.js']) pendingop(entry);
const { setInterval: often, setTimeout: later } = timers;

const fake = (object, name) => {
  const real = object[name];
  object[name] = function faked(...values) {
    const [, , caller = ''] = new Error().stack.split('\n');
    if (caller.includes(dist)) {
      fs.writeSync(2, `${name}() is called by the package: ${caller}\n`);
      process.exit(9);
    }
    return real.apply(this, values);
  };
};
const functions = ['Timeout', 'Interval', 'Immediate'].flatMap((kind) => [`set${kind}`, `clear${kind}`]);
for (const name of functions) {
  fake(timers, name);
  fake(globalThis, name);
}
fake(timers.promises, 'setTimeout');
fake(globalThis, 'queueMicrotask');
fake(process, 'nextTick');
fake(process, 'hrtime');
fake(performance, 'now');
fake(Date, 'now');

const at = (name) => join(folder, name);
const fifo = at('fifo');
const api = () => (hooked ? fs.promises : pendingop('fs/index.js').promises);
const failing = (promise) =>
  promise.then(
    () => 'resolved',
    (error) => error.name,
  );
const callback = (call) =>
  new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
const callbackApi = () => (hooked ? fs : pendingop('fs/index.js'));

const things = {
  promises: async () => {
    await api().writeFile(at('file'), 'content');
    return [await api().readFile(at('file'), 'utf8'), (await api().stat(at('file'))).size];
  },
  callbacks: async () => {
    const all = Array.from({ length: 300 }, () => callback((done) => callbackApi().stat(folder, done)));
    return (await Promise.all(all)).length;
  },
  handles: async () => {
    const handle = await api().open(at('file'), 'w+');
    await handle.write('text');
    await handle.close();
    return failing(handle.read());
  },
  streams: async () => {
    const writing = callbackApi().createWriteStream(at('file'));
    writing.end('streamed');
    await once(writing, 'close');
    return String(await callbackApi().createReadStream(at('file')).toArray());
  },
  directories: async () => {
    const names = [];
    for await (const { name } of await api().opendir(folder)) names.push(name);
    const dir = await callback((done) => callbackApi().opendir(folder, done));
    await callback((done) => dir.read(done));
    dir.closeSync();
    return [names, await failing(callback((done) => dir.read(done)))];
  },
  trees: async () => {
    fs.mkdirSync(at('a/b/c'), { recursive: true });
    await api().cp(at('a'), at('d'), { recursive: true });
    await api().rm(at('a'), { recursive: true });
    const found = await api().readdir(at('d'), { recursive: true });
    await api().rm(at('d'), { recursive: true });
    return found.length;
  },
  'a signal': () => {
    const controller = new AbortController();
    later(() => controller.abort(), 10);
    return failing(pendingop('fs/index.js').promises.readFile(fifo, { signal: controller.signal }));
  },
  'a timeout': () => failing(pendingop('fs/index.js').promises.readFile(fifo, { timeout: 10 })),
  'an interrupt': async () => {
    pendingop().trackPending(true);
    const reading = failing(pendingop('fs/index.js').promises.readFile(fifo));
    later(() => pendingop().interrupt(pendingop().listPending(), { grace: 20 }), 10);
    return reading;
  },
  'an interrupted close': async () => {
    pendingop().trackPending(true);
    const handle = await pendingop('fs/index.js').promises.open(at('file'), 'w');
    const closing = failing(handle.close());
    await pendingop().interrupt(pendingop().listPending(), { grace: 60_000 });
    return closing;
  },
  'a scope': () => {
    const { runInterruptible } = pendingop();
    return failing(runInterruptible({ timeout: 10 }, () => pendingop('fs/index.js').promises.readFile(fifo)));
  },
  'a scope whose function does not end': () => {
    const { runInterruptible } = pendingop();
    return failing(runInterruptible({ timeout: 10, grace: 10 }, () => new Promise(() => undefined)));
  },
  'a command': async () => {
    const { runCommand } = pendingop('command/index.js');
    const { stdout } = await runCommand('echo', ['said']);
    return [String(stdout), await failing(runCommand('sleep', ['100'], { timeout: 50 }))];
  },
  'fs.watch and fs.watchFile': async () => {
    const watcher = callbackApi().watch(folder);
    const change = once(watcher, 'change');
    const polling = callbackApi().watchFile(at('file'), { interval: 5 }, () => undefined);
    // Either may see the first changes as what was there before.
    const changing = often(() => fs.appendFileSync(at('file'), 'changed'), 10);
    await Promise.all([change, once(polling, 'change')]);
    timers.clearInterval(changing);
    watcher.close();
    callbackApi().unwatchFile(at('file'));
    return 'changed';
  },
  'a walk and many stats': async () => {
    const names = [];
    for await (const entry of pendingop('fs/index.js').promises.walk(folder)) names.push(entry.name);
    const stats = await pendingop('fs/index.js').promises.statMany([folder, fifo]);
    return [names.length > 0, stats.length];
  },
  'the mounts': async () => {
    const { mounts } = pendingop();
    const expected = mounts.expect(at('missing'));
    const missing = await failing(mounts.whenAvailable(at('missing'), { timeout: 20 }));
    expected?.();
    return [(await mounts.of(folder)) !== undefined, missing];
  },
  'an own op': () => {
    const info = { fn: 'own', onInterrupt: () => undefined, timeout: 10 };
    pendingop().configure({ grace: 10 });
    // Keeps the event loop alive, which an op that is a promise alone does not.
    const timer = later(() => undefined, 2 ** 30);
    return failing(pendingop().trackOp(info, () => new Promise(() => undefined))).finally(() =>
      timers.clearTimeout(timer),
    );
  },
};

(async () => {
  if (what === 'all') {
    console.log(JSON.stringify(Object.keys(things)));
    return;
  }
  fs.writeFileSync(at('file'), '');
  require('node:child_process').execFileSync('mkfifo', [fifo]);
  console.log(JSON.stringify(await things[what]()));
  process.exit();
})();
