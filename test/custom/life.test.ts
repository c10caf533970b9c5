// Processes and threads that end while calls are in other addons' code.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { inFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { addonPath, describeAddons } from './tools';

const root = join(__dirname, '../..');

async function run(name: string, ...args: string[]): Promise<{ code: number | null; child: Child }> {
  const child = Child.start(process.execPath, [join(__dirname, 'programs', name), ...args]);
  const { code, signal } = await child.wait(60_000);
  expect(signal).toBeNull();
  return { code, child };
}

describeAddons('a process', () => {
  it('exits at once, whatever its calls do', async () => {
    const { code, child } = await run('stuck.cjs', 'exit');
    expect(child.stderr).toBe('');
    expect(code).toBe(7);
  });

  it('ends with the exit code of an uncaught error', async () => {
    const { code, child } = await run('stuck.cjs', 'throw');
    expect(child.stderr).toContain('po.nothing is not a function');
    expect(code).toBe(1);
  });

  it('is not kept alive by abandoned calls', async () => {
    const { code, child } = await run('stuck.cjs', 'natural');
    expect(child.stderr).toBe('');
    expect(JSON.parse(child.stdout)).toEqual(['abandoned', 'interrupted', 'interrupted', 'interrupted']);
    expect(code).toBe(0);
  });
});

describeAddons('a thread', () => {
  it('ends without waiting; its addon stays in memory, and its data is destroyed when its calls return', async () => {
    const { code, child } = await run('threads.cjs');
    expect(child.stderr).toBe('');
    expect(JSON.parse(child.stdout)).toEqual({ kept: true, counts: [5, 0] });
    expect(code).toBe(0);
  });
});

describeAddons('two environments', () => {
  it('use one addon at the same time, each with its own table', async () => {
    const { code, child } = await run('two.cjs');
    expect(child.stderr).toBe('');
    const outcomes = Array(4).fill('interrupted');
    expect(JSON.parse(child.stdout)).toEqual({
      here: { listed: ['main'], outcomes, made: 'made' },
      there: { listed: ['thread'], outcomes, made: 'made' },
      live: 0,
    });
    expect(code).toBe(0);
  });
});

describeAddons('the table of functions', () => {
  it('of one thread is refused in another', async () => {
    const { code, child } = await run('foreign.cjs');
    expect(child.stderr).toBe('');
    expect(JSON.parse(child.stdout)).toEqual({
      code: 'ERR_INVALID_ARG_VALUE',
      message: "pendingop_run: the table of functions is another thread's; get one in each",
      own: 3,
      main: 4,
      live: 0,
    });
    expect(code).toBe(0);
  });
});

describeAddons('the example addon’s package', () => {
  it('finds pendingop and its header by the package’s name', async () => {
    await inFolder('example-addon', async (folder) => {
      symlinkSync(root, folder('pendingop'));
      const script = `const Module = require('node:module');
        const resolve = Module._resolveFilename;
        Module._resolveFilename = (name, ...rest) =>
          name.endsWith('example.node') ? ${JSON.stringify(addonPath('example'))} : resolve(name, ...rest);
        require(${JSON.stringify(join(root, 'examples/addon'))}).countPrimes(100).then(console.log);
        const { existsSync } = require('node:fs');
        console.log(existsSync(require('pendingop').include + '/pendingop.h'));`;
      const child = Child.node(script, [], { env: { ...process.env, NODE_PATH: folder() } });
      const { code } = await child.wait(60_000);
      expect(child.stderr).toBe('');
      expect(child.stdout).toBe('true\n25\n');
      expect(code).toBe(0);
    });
  });
});
