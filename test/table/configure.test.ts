import { describe, expect, it } from '@jest/globals';
import { type Configuration, configure } from '../../lib';
import { settings } from '../../lib/engine/settings';
import { stat } from '../../lib/fs/promises';
import { program, result, thrown } from './tools';

describe('configure', () => {
  const wrong: [unknown, string, string][] = [
    [undefined, 'ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object. Received undefined'],
    [null, 'ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object. Received null'],
    [[], 'ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object'],
    ['x', 'ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object'],
    [{ threads: 1 }, 'ERR_INVALID_ARG_VALUE', "'threads'"],
    [{ maxThreads: '4' }, 'ERR_INVALID_ARG_TYPE', 'The "options.maxThreads" property must be of type number'],
    [
      { maxThreads: 0 },
      'ERR_OUT_OF_RANGE',
      'The value of "options.maxThreads" is out of range. It must be >= 1',
    ],
    [{ maxThreads: 1.5 }, 'ERR_OUT_OF_RANGE', 'It must be an integer'],
    [{ maxThreads: Infinity }, 'ERR_OUT_OF_RANGE', 'The value of "options.maxThreads" is out of range'],
    [{ grace: '1' }, 'ERR_INVALID_ARG_TYPE', 'The "options.grace" property must be of type number'],
    [{ grace: -1 }, 'ERR_OUT_OF_RANGE', 'The value of "options.grace" is out of range'],
    [{ grace: NaN }, 'ERR_OUT_OF_RANGE', 'The value of "options.grace" is out of range'],
    [
      { captureStacks: 1 },
      'ERR_INVALID_ARG_TYPE',
      'The "options.captureStacks" property must be of type boolean',
    ],
    [
      { signal: {} },
      'ERR_INVALID_ARG_TYPE',
      'The "options.signal" property must be of type string or number',
    ],
    [
      { signal: null },
      'ERR_INVALID_ARG_TYPE',
      'The "options.signal" property must be of type string or number',
    ],
    [
      { signal: 'SIGNONE' },
      'ERR_INVALID_ARG_VALUE',
      "'options.signal' must be the name or the number of a signal of this system. Received 'SIGNONE'",
    ],
    [{ signal: 1.5 }, 'ERR_INVALID_ARG_VALUE', "'options.signal' must be the name or the number of a signal"],
    [
      { signal: 'SIGSEGV' },
      'ERR_INVALID_ARG_VALUE',
      "'options.signal' must not be a signal that tells of a fault",
    ],
  ];
  it.each(wrong)('refuses %j', (options, code, message) => {
    const error = thrown(() => configure(options as Configuration));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('changes nothing when one setting is wrong', () => {
    const before = { ...settings };
    thrown(() => configure({ grace: 7, captureStacks: true, maxThreads: -1 }));
    thrown(() => configure({ grace: 7, captureStacks: true, signal: 'SIGKILL' }));
    expect(settings).toEqual(before);
  });

  it('takes what is valid', () => {
    const before = { ...settings };
    configure({});
    configure({ signal: undefined, maxThreads: undefined, grace: undefined, captureStacks: undefined });
    expect(settings).toEqual(before);
    configure({ grace: 0, captureStacks: true });
    expect(settings).toEqual({ ...before, grace: 0, captureStacks: true });
    configure(before);
    expect(settings).toEqual(before);
  });

  it('cannot change the signal once calls have run', async () => {
    await stat('/');
    const error = thrown(() => configure({ signal: 'SIGUSR2' }));
    expect(error.code).toBe('ERR_INVALID_STATE');
    expect(error.message).toContain('Calls have run already');
  });
});

describe('the signal', () => {
  // Each in a program of its own: a signal is chosen once in the life of a process.
  const attempt = (before: string, signal: string): string => `
    ${before}
    const tried = (() => { try { po.configure({ signal: ${signal} }); return null; } catch (error) {
      return { code: error.code, message: error.message };
    } })();`;
  const afterwards = `
    po.trackPending(true);
    (async () => {
      const folder = require('node:fs').mkdtempSync(require('node:os').tmpdir() + '/signal-');
      require('node:child_process').execFileSync('mkfifo', [folder + '/fifo']);
      const failure = fsp.open(folder + '/fifo').catch((error) => error.outcome);
      await listed(1, { state: 'running' });
      await po.interrupt(po.listPending());
      const outcome = await failure;
      require('node:fs').rmSync(folder, { recursive: true });
      console.log(JSON.stringify({ tried, outcome, signal: native.counts().signal, ...more() }));
    })();`;
  interface Tried {
    tried: { code: string; message: string } | null;
    outcome: string;
    signal: number;
    heard?: number;
  }

  it.each([
    ["'SIGUSR2'", 12],
    ['12', 12],
    ['40', 40],
    ["'SIGWINCH'", 28],
  ])('may be %s', async (signal, number) => {
    const body = `${attempt('', signal)} const more = () => ({}); ${afterwards}`;
    expect(await result<Tried>(body)).toEqual({ tried: null, outcome: 'interrupted', signal: number });
  });

  it('may be chosen again before the first call', async () => {
    const body = `${attempt("po.configure({ signal: 'SIGUSR2' });", '40')}
      // The first choice is free again: for its default effect, and for others.
      const more = () => ({ heard: po.configure({ signal: 40 }) === undefined ? 1 : 0 }); ${afterwards}`;
    expect(await result<Tried>(body)).toEqual({ tried: null, outcome: 'interrupted', signal: 40, heard: 1 });
  });

  it('that the program handles is refused, and its handler left in place', async () => {
    const before = "let heard = 0; process.on('SIGUSR2', () => heard++);";
    const body = `${attempt(before, "'SIGUSR2'")}
      const more = () => ({ heard });
      process.kill(process.pid, 'SIGUSR2');
      const wait = setInterval(() => {
        if (heard === 0) return;
        clearInterval(wait);
        ${afterwards}
      }, 1);`;
    const { tried, outcome, heard, signal } = await result<Tried>(body);
    expect(tried?.code).toBe('ERR_SIGNAL_IN_USE');
    expect(tried?.message).toContain('The signal SIGUSR2 is in use');
    expect(tried?.message).toContain('configure({ signal })');
    expect(heard).toBe(1);
    expect(outcome).toBe('interrupted');
    expect(signal).toBeGreaterThan(32);
  });

  it.each(["'SIGKILL'", "'SIGSTOP'", '0', '-1', '65', '1e6'])('cannot be %s', async (signal) => {
    const body = `${attempt('', signal)} const more = () => ({}); ${afterwards}`;
    const { tried, outcome } = await result<Tried>(body);
    expect(tried?.code).toBe('ERR_INVALID_ARG_VALUE');
    expect(outcome).toBe('interrupted');
  });

  // Node handles these itself.
  it.each(["'SIGUSR1'", "'SIGINT'", "'SIGTERM'", "'SIGPIPE'"])('cannot be %s', async (signal) => {
    const body = `${attempt('', signal)} const more = () => ({}); ${afterwards}`;
    const { tried, outcome } = await result<Tried>(body);
    expect(tried?.code).toBe('ERR_SIGNAL_IN_USE');
    expect(outcome).toBe('interrupted');
  });

  it('that a handler takes over later is not sent any more: calls are abandoned, not lost', async () => {
    const { code, stdout, stderr } = await program(`
      po.configure({ signal: 'SIGUSR2', grace: 20 });
      po.trackPending(true);
      let heard = 0;
      (async () => {
        const folder = require('node:fs').mkdtempSync(require('node:os').tmpdir() + '/taken-');
        require('node:child_process').execFileSync('mkfifo', [folder + '/fifo']);
        await fsp.stat('/');
        process.on('SIGUSR2', () => heard++);
        const failure = fsp.open(folder + '/fifo').catch((error) => error.outcome);
        await listed(1, { state: 'running' });
        await po.interrupt(po.listPending());
        const outcome = await failure;
        require('node:fs').rmSync(folder, { recursive: true });
        console.log(JSON.stringify({ outcome, heard }));
        process.exit();
      })();`);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ outcome: 'abandoned', heard: 0 });
  });
});
