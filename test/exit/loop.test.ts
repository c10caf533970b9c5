// Calls whose caller waits keep an event loop alive, as Node's own do. Nothing else does.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { native } from '../../lib/engine/addon';
import { describeWith } from '../fixtures/available';
import { Fifo } from '../fixtures/fifo';
import { until } from '../fixtures/leaks';
import { Child, processState } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';

const dist = join(__dirname, '../../dist');
const prelude = `
  const po = require(${JSON.stringify(join(dist, 'index.js'))});
  const ours = require(${JSON.stringify(join(dist, 'fs/promises/index.js'))});
  const place = process.argv[1];
  po.trackPending(true);
  process.on('exit', () => console.log('exit'));`;

afterEach(() => Child.killAll());

describe('the event loop', () => {
  let fifo: Fifo;
  beforeEach(async () => {
    fifo = await Fifo.make();
  });
  afterEach(() => fifo.remove());

  it.each(['ours', "require('node:fs/promises')"])('stays for a pending open: %s', async (which) => {
    const script = `${prelude}
      (${which}).open(place).then((handle) => handle.close()).then(() => console.log('opened'));
      // The timer is unreferenced: it fires only if something else keeps the loop alive.
      setTimeout(() => console.log('alive'), 150).unref();`;
    const child = Child.node(script, [fifo.path]);
    await child.says('alive');
    expect(child.over).toBe(false);
    fifo.open();
    expect(await child.wait()).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe('alive\nopened\nexit\n');
  });

  it('ends when nothing is in flight, with listeners and tracking, too', async () => {
    const script = `${prelude}
      po.onPending(() => undefined);
      ours.stat('/', { signal: new AbortController().signal, timeout: 1e8 }).then(() => console.log('done'));`;
    const child = Child.node(script, [fifo.path]);
    expect(await child.wait()).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe('done\nexit\n');
  });

  it('ends after an interrupt, a timeout or an abort ended the call', async () => {
    for (const end of [
      'po.interrupt(po.listPending())',
      'po.interruptUnder(place)',
      'controller.abort()',
      'undefined /* the timeout */',
    ]) {
      const script = `${prelude}
        const controller = new AbortController();
        ours.open(place, 'r', 0, { signal: controller.signal, timeout: 300 }).catch((error) => console.log(error.outcome));
        const look = () => {
          if (po.listPending({ state: 'running' }).length === 1) ${end};
          else setImmediate(look);
        };
        look();`;
      const child = Child.node(script, [fifo.path]);
      expect(await child.wait()).toEqual({ code: 0, signal: null });
      expect(child.stdout).toBe('interrupted\nexit\n');
    }
  });

  it('waits for the report of an interrupt', async () => {
    const script = `${prelude}
      ours.open(place).catch(() => console.log('rejected'));
      setImmediate(async () => {
        await po.interrupt(po.listPending());
        console.log('reported');
      });`;
    const child = Child.node(script, [fifo.path]);
    expect(await child.wait()).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe('rejected\nreported\nexit\n');
  });

  it('ends although an unreferenced worker thread has calls pending', async () => {
    const script = `${prelude}
      const { Worker } = require('node:worker_threads');
      const source = ${JSON.stringify(`
        const ours = require(${JSON.stringify(join(dist, 'fs/promises/index.js'))});
        const { parentPort, workerData } = require('node:worker_threads');
        ours.open(workerData);
        setImmediate(() => parentPort.postMessage('stuck'));`)};
      const worker = new Worker(source, { eval: true, workerData: place });
      worker.on('message', () => { console.log('stuck'); worker.unref(); });`;
    const child = Child.node(script, [fifo.path]);
    expect(await child.wait()).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe('stuck\nexit\n');
  });
});

describeWith('stallfs', 'an abandoned call', () => {
  it('does not keep the event loop', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup' });
      const script = `${prelude}
        const controller = new AbortController();
        ours.stat(place, { signal: controller.signal }).catch(({ code, outcome }) => console.log(code, outcome));
        process.stdin.once('data', () => {
          process.stdin.destroy();
          controller.abort();
        });`;
      const child = Child.node(script, [join(fs.path, 'file')]);
      // The daemon has read the request, so that a kill does not end it.
      await fs.waitHeld();
      child.write('abort\n');
      // The loop has ended. The process is gone once the kernel has released the request.
      await child.says('exit\n');
      expect(child.stdout).toBe('ABORT_ERR abandoned\nexit\n');
      if (!native.counts().killable) {
        await until(() => processState(child.pid) === 'Z', 'only the thread in the kernel is left');
        await fs.release();
      }
      expect(await child.wait()).toEqual({ code: 0, signal: null });
    } finally {
      await fs.unmount();
    }
  });

  it('does not keep the event loop alive; another call at the same time does', async () => {
    const fs = await StallFs.mount();
    const fifo = await Fifo.make();
    try {
      await fs.hold('ignore', { op: 'lookup' });
      const script = `${prelude}
        ours.stat(place, { timeout: 50 }).catch((error) => {
          console.log(error.outcome);
          setTimeout(() => console.log('alive'), 50).unref();
        });
        ours.open(process.argv[2]).then((handle) => handle.close());`;
      const child = Child.node(script, [join(fs.path, 'file'), fifo.path]);
      await child.says('alive\n');
      fifo.open();
      await child.says('exit\n');
      await fs.release();
      expect(await child.wait()).toEqual({ code: 0, signal: null });
    } finally {
      await fifo.remove();
      await fs.unmount();
    }
  });
});
