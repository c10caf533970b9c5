// The help of the command line, and its screens on a terminal.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { supported } from '../../lib';
import { MountList } from '../../lib/cli/process/mount-list';
import { systemCallName } from '../../lib/cli/process/system-call-names';
import { parseCall } from '../../lib/cli/process/threads';
import { printable, shorten, widthOf, wrap } from '../../lib/cli/screen/style';
import { table } from '../../lib/cli/screen/table';
import { ageText, sizeText } from '../../lib/cli/screen/units';
import { keysIn } from '../../lib/cli/top/keys';
import { inFolder } from '../fixtures/folder';
import { Child, quote } from '../fixtures/processes';
import { dist, withFifo } from '../table/tools';
import { clean, killAllAfterwards, main, pendingop, seen, start, until } from './tools';

const commands = ['ps', 'top', 'df', 'mounts', 'interrupt', 'abort', 'doctor', 'run'];
const screen = (width: number) => ({ width, height: 24, colors: false, isTerminal: true });

describe('help', () => {
  it('names every command, with one line each', async () => {
    const { code, stdout } = await pendingop([]);
    expect(code).toBe(0);
    for (const name of commands) expect(stdout).toMatch(new RegExp(`^  ${name}\\b.* {2,}\\S`, 'm'));
  });

  it.each(commands)('of %s', async (name) => {
    const { code, stdout } = await pendingop(['help', name]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: pendingop ${name}`));
    expect((await pendingop([name, '--help'])).stdout).toBe(stdout);
  });

  it('the manual is up to date', async () => {
    const { stdout } = await pendingop(['manual']);
    expect(readFileSync(join(__dirname, '../../docs/pendingop.1'), 'utf8')).toBe(stdout);
  });

  it('bash accepts the completion, which knows commands and options', async () => {
    const script = `eval "$(${quote(process.execPath)} ${quote(main)} completion bash)"
      complete_() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pendingop; echo "\${COMPREPLY[*]}"; }
      complete_ pendingop d; complete_ pendingop df --t; complete_ pendingop completion z`;
    const child = Child.start('bash', ['-c', script]);
    await child.wait();
    expect([child.stdout, child.stderr]).toEqual(['df doctor\n--timeout\nzsh\n', '']);
  });

  it('output that cannot be written is a failure; a reader that closes the pipe is none', async () => {
    const command = `${quote(process.execPath)} ${quote(main)}`;
    const full = Child.start('sh', ['-c', `${command} help > /dev/full`]);
    expect((await full.wait()).code).toBe(3);
    const enough = Child.start('bash', ['-c', `${command} manual | head -c 1; echo "\${PIPESTATUS[0]}"`]);
    await enough.wait();
    expect([enough.stdout.slice(1), enough.stderr]).toEqual(['0\n', '']);
  });

  it.each([
    ['ps', 3],
    ['top', 3],
    ['df', 3],
    ['mounts', 3],
    ['interrupt', 3],
    ['abort', 3],
    ['doctor', 1], // BAD: there is no addon
    ['help', 0],
  ])('on a system that is no Linux: %s ends with status %i', async (name, status) => {
    const { code, stderr } = await pendingop([name], {
      NODE_OPTIONS: `--require ${join(__dirname, 'programs/as-darwin.cjs')}`,
      PENDINGOP_ADDON: 'none',
    });
    expect([code, stderr]).toEqual([
      status,
      status < 3
        ? ''
        : `pendingop: \`${name}\` works on Linux only, and this system is darwin. Here \`doctor\` and \`run\` work.\n`,
    ]);
  });

  it.each([
    [['ps', 'x'], "'x' is no process id. That is a whole number, such as `pendingop ps` lists"],
    [['ps', '1', '2'], '`ps` takes at most 1 argument, and was given 2\nUsage: pendingop ps [pid]'],
    [['df', 'x'], '`df` takes no arguments, and was given 1\nUsage: pendingop df'],
    [
      ['interrupt', '1'],
      '`interrupt` takes at least 2 arguments, and was given 1\nUsage: pendingop interrupt',
    ],
    [['df', '--timeout=soon'], "--timeout takes a number of ms of at least 1, not 'soon'"],
    [['run', '--'], 'No command was given to start\nUsage: pendingop run'],
    [['completion', 'fish'], "There is no completion for 'fish'\nUsage: pendingop completion bash|zsh"],
    [['frob'], "There is no command 'frob'. `pendingop help` lists them."],
  ])('%j is not understood, and the message says why', async (args, message) => {
    const { code, stderr } = await pendingop(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`pendingop: ${message}`)]);
  });

  it('abort of what is no mount point says where to find those', async () => {
    const { code, stderr } = await pendingop(['abort', '/etc/hostname/x']);
    // Without an addon no mount is known.
    const why = supported.native
      ? /^pendingop: '.*x' is no mount point: `pendingop mounts --all` lists/
      : /needs/;
    expect([code, stderr]).toEqual([3, expect.stringMatching(why)]);
  });

  it('doctor finds the addon and reports no fault', async () => {
    const { stdout } = await pendingop(['doctor', '--json']);
    const findings = JSON.parse(stdout) as { what: string; verdict: string }[];
    for (const what of ['node', 'addon', 'calls', 'launcher']) {
      expect(findings.find((one) => one.what === what)?.verdict).toBe('ok');
    }
  });
});

describe('a terminal', () => {
  killAllAfterwards();
  const fifo = withFifo();

  /** Runs the command at a terminal of that size; the child's standard input is the keyboard. */
  function onTerminal(args: readonly string[], columns: number, env: NodeJS.ProcessEnv = {}): Child {
    const command = ['stty', 'rows', '24', 'cols', String(columns)].join(' ');
    const words = [process.execPath, main, ...args].map(quote).join(' ');
    return Child.start('script', ['-qefc', `${command}; exec ${words}`, '/dev/null'], {
      env: { ...clean(), TERM: 'xterm', ...env },
    });
  }

  it('of 40 columns: no line is wider, and there are colours', async () => {
    const child = await start('plain.cjs', ['pool', fifo().path, '4']);
    await seen(child.pid, ({ waits }) => waits.length === 4);
    const terminal = onTerminal(['ps', String(child.pid)], 40);
    await terminal.wait();
    const plain = stripVTControlCharacters(terminal.stdout);
    expect(plain).not.toBe(terminal.stdout);
    const lines = plain.split(/\r?\n/).filter((line) => !line.includes(fifo().path));
    expect(lines.filter((line) => widthOf(line) > 40)).toEqual([]);
  });

  it('of 40 columns has the first line of top in its width, with what is stuck', async () => {
    await inFolder('runtime', async (runtime) => {
      const env = { XDG_RUNTIME_DIR: runtime(), PENDINGOP_CONTROL: '1' };
      await start('controlled.cjs', [dist, fifo().path, '1'], { env });
      for (const args of [
        ['top', '--once'],
        ['top', '--once', '--filter=no such call'],
      ]) {
        const terminal = onTerminal(args, 40, env);
        await terminal.wait();
        const lines = stripVTControlCharacters(terminal.stdout).split(/\r?\n/);
        expect(lines.filter((line) => widthOf(line) > 40)).toEqual([]);
        expect(lines[0]).toMatch(/ · \d+ stuck · .*…$/);
      }
    });
  });

  it('has no colours with NO_COLOR', async () => {
    const terminal = onTerminal(['df'], 80, { NO_COLOR: '1' });
    await terminal.wait();
    expect(terminal.stdout).not.toContain('\u001b[3');
  });

  it('top interrupts the selected call and restores the terminal', async () => {
    await inFolder('runtime', async (runtime) => {
      const env = { XDG_RUNTIME_DIR: runtime(), PENDINGOP_CONTROL: '1' };
      const child = await start('controlled.cjs', [dist, fifo().path, '1'], { env });
      const terminal = onTerminal(['top', String(child.pid)], 100, env);
      await until(() => terminal.stdout.includes('readFile'), 'the call on the screen');
      terminal.write('i');
      await until(() => child.stdout.includes('InterruptError interrupted'), 'the end of the call');
      await until(() => terminal.stdout.includes(': interrupted'), 'the outcome on the screen');
      terminal.write('q');
      expect((await terminal.wait()).code).toBe(0);
      expect(terminal.stdout).toContain('\u001b[?25h\u001b[?1049l');
    });
  });
});

describe('pieces', () => {
  it.each([
    ['x64', 0, 'read'],
    ['x64', 257, 'openat'],
    ['x64', 262, 'newfstatat'],
    ['x64', 332, 'statx'],
    ['x64', 439, 'faccessat2'],
    ['arm64', 56, 'openat'],
    ['arm64', 63, 'read'],
    ['arm64', 79, 'newfstatat'],
    ['arm64', 291, 'statx'],
    ['arm64', 439, 'faccessat2'],
    ['riscv64', 56, 'syscall_56'],
    ['x64', 99999, 'syscall_99999'],
  ])('%s: system call %i is %s', (arch, number, name) => expect(systemCallName(number, arch)).toBe(name));

  it.each([
    ['running', '', 0],
    ['-1 0x7ffc130da6b0 0x7fe537619c2b', '', 0],
    ['0 0x14 0x7ffc 0x1 0x0 0x0 0x0 0x7ffc130da6b0 0x7fe537619c2b', systemCallName(0), 6],
    // A program for 32 bits, whose call 5 is open().
    ['5 0x804a000 0x0 0x0 0x0 0x0 0xffb24e4c 0xffb24e38 0x8049022', 'call_5_of_32_bits', 0],
  ])('the call %s is %s', (text, call, args) => {
    const parsed = parseCall(`${text}\n`);
    expect([parsed.call, parsed.args.length]).toEqual([call, args]);
  });

  it.each([
    [0.25, '0.3 ms'],
    [999, '999 ms'],
    [1500, '1.5 s'],
    [83_000, '83 s'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h'],
    [360_000_000, '4 d 4 h'],
  ])('%d ms are %s', (ms, text) => expect(ageText(ms)).toBe(text));

  it('sizes', () =>
    expect([0, 1023, 1536, 1024 ** 4].map(sizeText)).toEqual(['0 B', '1023 B', '1.5 KiB', '1.0 TiB']));

  it('text is cut and wrapped by the columns that it takes', () => {
    expect([widthOf('äé'), widthOf('日本'), widthOf('e\u0301')]).toEqual([2, 4, 1]);
    expect([shorten('/a/long/path', 6, 'start'), shorten('日本語', 4)]).toEqual(['…/path', '日…']);
    expect(wrap('one two three', 8, '  ')).toBe('one two\n  three');
    expect(printable('a\nb\u001b[31m')).toBe('a\\u000ab\\u001b[31m');
  });

  it('a table drops what matters least, then shortens', () => {
    const columns = [
      { title: 'A', text: (row: string) => row, least: 4, cut: 'start' as const },
      { title: 'B', text: () => 'middling', optional: 1 },
      { title: 'C', text: () => 'least', optional: 2 },
      { title: 'D', text: () => '' },
    ];
    expect(table(columns, ['/some/path'], screen(80))).toBe(
      'A           B         C\n/some/path  middling  least',
    );
    expect(table(columns, ['/some/path'], screen(16))).toBe('A       B\n…/path  middling');
    expect(table(columns, ['/some/path'], screen(6))).toBe('A\n…/path');
  });

  it('mounts: the innermost, the later of two, escapes', () => {
    const list = new MountList(
      `21 1 8:1 / / rw - ext4 /dev/sda rw
22 21 0:40 / /mnt/a\\040b rw - nfs4 nas:/x rw
23 22 0:41 / /mnt/a\\040b rw shared:1 - fuse.sshfs h: rw
nonsense`,
    );
    expect(list.ofPath('/mnt/a b/c/../d')?.id).toBe(23);
    expect(list.ofPath('/mnt/a bc')?.id).toBe(21);
    expect(list.ofPath('relative')).toBeUndefined();
    expect(list.visible().map(({ id }) => id)).toEqual([21, 23]);
  });

  it('mounts: one that a later one above covers cannot be reached', () => {
    const list = new MountList(
      `21 1 8:1 / / rw - ext4 /dev/sda rw
22 21 0:40 / /mnt rw - tmpfs lower rw
23 22 0:41 / /mnt/in rw - tmpfs inner rw
24 22 0:42 / /mnt rw - tmpfs upper rw`,
    );
    expect(list.visible().map(({ id }) => id)).toEqual([21, 24]);
    expect(list.ofPath('/mnt/in/file')?.id).toBe(24);
  });

  it('mounts: a root that is no mount point', () => {
    const list = new MountList('40 7 0:50 / /proc rw - proc proc rw');
    expect([list.ofPath('/proc/1')?.id, list.ofPath('/etc'), list.visible().length]).toEqual([
      40,
      undefined,
      1,
    ]);
  });

  it('keys', () => {
    expect(keysIn('sq\u001b[A\u001bOB\u001b\r\u007f\u0003/é')).toEqual([
      ...['s', 'q', 'up', 'down', 'escape', 'enter', 'backspace', 'q', '/', 'é'],
    ]);
  });
});
