// The completions run in the shells that they are for; the manual page is read by mandoc and groff.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { withFolder } from '../fixtures/folder';
import { Child, quote } from '../fixtures/processes';
import { clean, killAllAfterwards, main, pendingop, until } from './tools';

const folder = withFolder('completion');
beforeEach(() => {
  // The folder is laid out as an installed package.
  mkdirSync(folder('bin'));
  const script = `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(main)} "$@"\n`;
  writeFileSync(folder('bin/pendingop'), script, { mode: 0o755 });
});

const env = (): NodeJS.ProcessEnv => ({
  ...clean(),
  PATH: `${folder()}/bin:${process.env.PATH}`,
  HOME: folder(),
  TERM: 'dumb',
  HISTFILE: '',
  PS1: '> ',
});

/** Starts a shell at a terminal; the child's standard input is the keyboard. The test ends it by `exit` and waits: a shell
 * that is ended by a hangup writes its history into the folder while the folder is removed. */
function atTerminal(command: string): Child {
  return Child.start('script', ['-qefc', `stty cols 200; exec ${command}`, '/dev/null'], {
    cwd: folder(),
    env: env(),
  });
}

describe('bash', () => {
  killAllAfterwards();

  it('at a terminal completes commands and options, once the line from the help is typed', async () => {
    const shell = atTerminal('bash --norc --noprofile -i');
    shell.write('eval "$(pendingop completion bash)"; echo se""t\n');
    await shell.says('\nset');
    shell.write('pendingop doc\t --js\t | head -c 1; echo do""ne\n');
    await shell.says('done');
    shell.write('exit\n');
    await shell.wait();
    expect(shell.stdout).toContain('pendingop doctor  --json  |');
    expect(shell.stdout).toMatch(/\[done/);
  });
});

describeWith('mounting', 'a mount point', () => {
  killAllAfterwards();

  it('is completed literally: no part of its name is executed', async () => {
    const point = folder('$(touch$IFS"ran") b');
    mkdirSync(point);
    execFileSync('mount', ['-t', 'tmpfs', 'none', point]);
    try {
      const script = `eval "$(pendingop completion bash)"
        COMP_WORDS=(pendingop abort ${quote(folder())}); COMP_CWORD=2; _pendingop
        eval "printf %s \${COMPREPLY[0]}"; [ -e ran ] && echo ran`;
      const shell = Child.start('bash', ['-c', script], { cwd: folder(), env: env() });
      await shell.wait();
      expect([shell.stdout, shell.stderr, existsSync(folder('ran'))]).toEqual([point, '', false]);
    } finally {
      execFileSync('umount', [point]);
    }
  });
});

describeWith('zsh', 'zsh', () => {
  killAllAfterwards();

  it.each([
    ['by what the help says to type', 'eval "$(pendingop completion zsh)"', ''],
    ['from a folder of functions', ':', 'fpath=($PWD $fpath); '],
  ])('at a terminal completes commands and options, %s', async (_, load, before) => {
    const { stdout } = await pendingop(['completion', 'zsh']);
    writeFileSync(folder('_pendingop'), stdout);
    const shell = atTerminal('zsh -f -i');
    shell.write(`${before}autoload -U compinit; compinit -u -D; ${load}; echo se""t\n`);
    await shell.says('\nset');
    shell.write('pendingop doc\t');
    await until(() => shell.stdout.includes('doctor'), 'the command');
    shell.write('--js\t');
    await until(() => shell.stdout.includes('--json'), 'the option');
    shell.write('| head -c 1; echo do""ne\n');
    await shell.says('done');
    shell.write('exit\n');
    await shell.wait();
    expect(shell.stdout).toMatch(/\[done/);
    expect(shell.stdout).not.toMatch(/not found|_arguments:|_describe:/);
  });
});

describeWith('mandoc', 'the manual', () => {
  it('has nothing that mandoc complains of', async () => {
    const file = folder('pendingop.1');
    writeFileSync(file, (await pendingop(['manual'])).stdout);
    const lint = Child.start('mandoc', ['-Tlint', '-Wwarning', file]);
    const { code } = await lint.wait();
    expect([lint.stdout + lint.stderr, code]).toEqual(['', 0]);
  });
});

describeWith('groff', 'the manual', () => {
  it('has nothing that groff complains of, and fits a terminal', async () => {
    const file = folder('pendingop.1');
    writeFileSync(file, (await pendingop(['manual'])).stdout);
    const groff = Child.start('groff', ['-man', '-ww', '-Tutf8', '-rLL=78n', file]);
    await groff.wait();
    expect(groff.stderr).toBe('');
    expect(groff.stdout).toContain('pendingop');
  });
});
