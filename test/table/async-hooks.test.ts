// What async_hooks and AsyncLocalStorage see of calls: what they see of Node's own.
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dist, result } from './tools';

const FS = JSON.stringify(join(dist, 'fs/index.js'));

/** Runs `body` with `theirs` and with `ours` ({ fs, fsp }) and gives what both recorded. */
const compare = async (body: string): Promise<void> => {
  const script = (its: string): string => `
    const { AsyncLocalStorage, createHook, executionAsyncId, triggerAsyncId } = require('node:async_hooks');
    const its = ${its};
    (async () => console.log(JSON.stringify(await (async () => { ${body} })())))();`;
  const ours = `{ fsp, fs: require(${FS}) }`;
  const theirs = "{ fsp: require('node:fs/promises'), fs: require('node:fs') }";
  const [mine, nodes] = await Promise.all([ours, theirs].map((its) => result(script(its))));
  expect(mine).toEqual(nodes);
};

const RECORD = `
  const seen = [];
  let watched;
  const note = (what) => (id) => { if (id === watched) seen.push(what); };
  const hook = (type) => createHook({
    init(id, its, trigger) {
      if (its !== type) return;
      watched = id;
      seen.push('init ' + its + (trigger === executionAsyncId() ? ' of its caller' : ''));
    },
    before: note('before'), after: note('after'), destroy: note('destroy'),
  }).enable();
  const turns = async (count) => { while (count-- > 0) await new Promise((resolve) => setTimeout(resolve, 5)); };`;

describe('as Node shows them', () => {
  it('callbacks', () =>
    compare(`${RECORD}
      const hooks = hook('FSREQCALLBACK');
      await turns(1);
      const right = await new Promise((resolve) => {
        its.fs.stat('/', () => resolve(executionAsyncId() === watched));
      });
      await turns(2);
      hooks.disable();
      return { seen, right };`));

  it('promises', () =>
    compare(`${RECORD}
      const hooks = hook('FSREQPROMISE');
      await turns(1);
      await its.fsp.stat('/');
      await turns(2);
      hooks.disable();
      return seen;`));

  it('promises that reject', () =>
    compare(`${RECORD}
      const hooks = hook('FSREQPROMISE');
      await turns(1);
      await its.fsp.stat('/none').catch(() => {});
      await turns(2);
      hooks.disable();
      return seen;`));

  it('callbacks that fail', () =>
    compare(`${RECORD}
      const hooks = hook('FSREQCALLBACK');
      await turns(1);
      const right = await new Promise((resolve) => {
        const caller = executionAsyncId();
        its.fs.open('/none', () => resolve([executionAsyncId() === watched, triggerAsyncId() === caller]));
      });
      await turns(2);
      hooks.disable();
      return { seen, right };`));

  it('what comes after a promise', () =>
    compare(`
      const types = new Map();
      const hooks = createHook({ init(id, type, trigger) { types.set(id, [type, trigger]); } }).enable();
      await new Promise((resolve) => setTimeout(resolve, 5));
      const seen = await its.fsp.stat('/').then(() => [executionAsyncId(), triggerAsyncId()].map((id) => types.get(id)?.[0]));
      hooks.disable();
      return seen;`));

  it('streams: a resource for each call, each made by the one before', () =>
    compare(`
      const seen = [];
      const of = new Map();
      const hooks = createHook({
        init(id, type, trigger) {
          if (type !== 'FSREQCALLBACK') return;
          of.set(id, of.size);
          seen.push([of.get(trigger) ?? 'caller', of.get(executionAsyncId()) ?? 'caller']);
        },
      }).enable();
      const heard = [];
      const file = require('node:path').join(require('node:os').tmpdir(), 'async-hooks-' + process.pid);
      await new Promise((resolve) => {
        const stream = its.fs.createWriteStream(file);
        stream.on('open', () => heard.push(['open', of.get(executionAsyncId())]));
        stream.end('text', () => heard.push('finish'));
        stream.on('close', () => { heard.push(['close', of.get(executionAsyncId())]); resolve(); });
      });
      await new Promise((resolve) => {
        const stream = its.fs.createReadStream(file);
        stream.on('data', () => heard.push(['data', of.get(executionAsyncId())]));
        stream.on('close', () => { heard.push(['close', of.get(executionAsyncId())]); resolve(); });
      });
      hooks.disable();
      require('node:fs').rmSync(file);
      return { seen, heard };`));

  it('an AsyncLocalStorage', () =>
    compare(`
      const storage = new AsyncLocalStorage();
      const inside = (store, run) => storage.run(store, run);
      const stores = [];
      await Promise.all([
        inside('promise', () => its.fsp.stat('/').then(() => stores.push(storage.getStore()))),
        inside('await', async () => { await its.fsp.readFile(process.execPath + '/none').catch(() => {}); stores.push(storage.getStore()); }),
        inside('callback', () => new Promise((resolve) => its.fs.stat('/', () => { stores.push(storage.getStore()); resolve(); }))),
        inside('stream', () => new Promise((resolve) => {
          its.fs.createReadStream('/dev/null').on('end', () => stores.push(storage.getStore())).on('close', resolve).resume();
        })),
      ]);
      stores.push(storage.getStore() === undefined);
      return stores.sort();`));
});

describe('events', () => {
  it('are heard in the context of the caller, and in no scope', async () => {
    const script = `
      const { AsyncLocalStorage } = require('node:async_hooks');
      const diagnostics = require('node:diagnostics_channel');
      const fs = require(${FS});
      const storage = new AsyncLocalStorage();
      const heard = [];
      const others = [];
      for (const type of ['start', 'end', 'interrupt']) {
        diagnostics.subscribe('pendingop:' + type, ({ op }) => {
          if (op.params()[0] === '/') return;
          heard.push([type, op.fn(), storage.getStore(), op.label]);
          // A call of a listener is not refused, and has no label.
          others.push(fsp.stat('/').then((stats) => stats.isDirectory()));
        });
      }
      (async () => {
        await storage.run('promise', () => fsp.stat('/tmp'));
        await new Promise((resolve) => storage.run('callback', () => fs.lstat('/tmp', resolve)));
        await storage.run('composite', () => fsp.rm('/none', { force: true }));
        await storage.run('scope', () => po.runInterruptible({ label: 'mine' }, async (scope) => {
          const reading = fsp.readdir('/tmp').catch(() => {});
          void scope.interrupt();
          await reading;
        }));
        const given = await Promise.all(others);
        console.log(JSON.stringify({ heard, ok: given.every(Boolean) }));
      })();`;
    const { heard, ok } = await result<{ heard: unknown[][]; ok: boolean }>(script);
    expect(ok).toBe(true);
    expect(heard).toEqual([
      ['start', 'stat', 'promise', ''],
      ['end', 'stat', 'promise', ''],
      ['start', 'lstat', 'callback', ''],
      ['end', 'lstat', 'callback', ''],
      ['start', 'rm', 'composite', ''],
      ['start', 'lstat', 'composite', ''],
      ['end', 'lstat', 'composite', ''],
      ['end', 'rm', 'composite', ''],
      ['start', 'readdir', 'scope', 'mine'],
      ['interrupt', 'readdir', 'scope', 'mine'],
      ['end', 'readdir', 'scope', 'mine'],
    ]);
  });
});
