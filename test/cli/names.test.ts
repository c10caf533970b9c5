// Names with control characters, and those that are no UTF-8, on a terminal, in a shell and in JSON.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { shellWord } from '../../lib/cli/process/advice';
import { decode, encode, escaped, unescaped } from '../../lib/cli/screen/bytes';
import { jsonText } from '../../lib/cli/screen/json';
import { printable } from '../../lib/cli/screen/style';
import { withSharedFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { killAllAfterwards, pendingop, seen } from './tools';

const folder = withSharedFolder('names');

describe('a name', () => {
  killAllAfterwards();
  const evil = '\u001b[2J\u009b31m\u202eend\nPID 1 \u0007';

  it('of a file, a command or a program cannot move the cursor', async () => {
    const where = folder(`it's ${evil}`);
    mkdirSync(where);
    const path = join(where, 'fifo');
    execFileSync('mkfifo', [path]);
    const cat = folder('c\u001b[1mat');
    copyFileSync('/bin/cat', cat);
    const child = Child.start(cat, [path]);
    const { verdicts } = await seen(child.pid, ({ waits }) => waits.length === 1);
    const id = String(child.pid);
    for (const args of [
      ['ps', id],
      ['ps', id, '--all'],
      ['ps', id, '--json'],
      ['top', id, '--once'],
    ]) {
      const { stdout } = await pendingop(args);
      expect(stdout).toContain('\\u001b[2J');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the test is about these characters
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|^PID 1/m);
    }
    // The advised command still frees the program.
    const command = verdicts[0]?.advice[0]?.split('   ')[0] as string;
    expect(await Child.start('bash', ['-c', command]).wait()).toEqual({ code: 0, signal: null });
    expect((await child.wait()).code).toBe(0);
  });

  it('on the command line cannot, either', async () => {
    for (const args of [
      [evil],
      ['ps', evil],
      ['ps', `--${evil}`],
      ['abort', `/${evil}`],
      ['run', '--', evil],
    ]) {
      const { stderr } = await pendingop(args);
      expect(stderr).toMatch(/^pendingop: /);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the test is about these characters
      expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });

  it.each(['plain', "it's", '$HOME `x`', evil, '\\n\u0001\\', 'ä €\u00ad'])(
    'is a word of a shell: %j',
    async (name) => {
      const child = Child.start('bash', ['-c', `printf %s ${shellWord(name)}`]);
      await child.wait();
      expect(child.stdout).toBe(name);
    },
  );

  it('of bytes that are no UTF-8 is one, too, and is told from another one', () => {
    const bytes = Buffer.from([
      0x2f, 0xff, 0xc3, 0xa4, 0xc3, 0x0a, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xb3, 0xbf, 0x5c, 0x33, 0x37, 0x37,
    ]);
    const name = decode(bytes.toString('latin1'));
    expect(encode(name)).toEqual(bytes);
    expect(execFileSync('bash', ['-c', `printf %s ${shellWord(name)}`])).toEqual(bytes);
    expect([printable(name), unescaped(escaped(name)) === name]).toEqual([
      '/\\377ä\\303\\u000a😀\\355\\263\\277\\377',
      true,
    ]);
    expect(escaped(name)).toBe('/\\377ä\\303\\012😀\\355\\263\\277\\134377');
    expect(JSON.parse(jsonText({ name }))).toEqual({ name: bytes.toString() });
  });

  it('whose bytes are lost is no word at all', () => expect(shellWord('/a\ufffd')).toBeUndefined());

  it('is unchanged in JSON', () => {
    const text = jsonText({ evil, plain: 'ä' });
    expect([JSON.parse(text), text.includes('ä')]).toEqual([{ evil, plain: 'ä' }, true]);
  });
});
