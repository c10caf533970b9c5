// Functions that read and copy get less than they asked for, wrong sizes, and errors.
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeWith, itOfOwnCalls } from '../../fixtures/available';
import { within } from '../../fixtures/leaks';
import { run } from '../../fixtures/processes';
import { settle } from '../harness';
import { CONTENT, IN_CPP, LARGE, Liar, ours } from './liar';
import { copiers, readers, treeCopiers } from './ways';

describeWith('stallfs', 'a file that is read', () => {
  const liar = new Liar();

  const short = async (): Promise<void> => {
    await liar.mount.lie('read', 1000);
    await liar.mount.directIo(true);
  };
  // For a file below 512 KiB, Node's promises take a short read for the end of the file, and lose the rest.
  const losing = ['promises.readFile', 'handle.readFile'];
  liar.compare('at most 1,000 bytes at a time', short, { ...readers('large') }, { not: losing });
  for (const name of losing)
    itOfOwnCalls(`${name} reads on after a short read`, async () => {
      const read = await liar.during(short, () => readers('large')[name]?.(ours, liar.mount.path));
      expect(String(read)).toBe(LARGE);
    });

  for (const [size, lie] of [
    ['1,000 bytes more than there are', 1000],
    ['10 bytes less than there are', -10],
    ['a size of 0', -25],
  ] as const)
    liar.compare(size, () => liar.mount.lie('size', lie), readers('file'));

  // Node waits for ever for the rest.
  for (const [name, copy] of Object.entries(copiers('file')))
    itOfOwnCalls(`${name} copies what there is, not what the size says`, async () => {
      const left = await liar.during(
        () => liar.mount.lie('size', 1000),
        async () => {
          await within(Promise.resolve(copy(ours, liar.mount.path)), name);
          return liar.left();
        },
      );
      if (name in treeCopiers) expect(left).toMatchObject({ '/tree/inner': 'x', '/tree/deep/inner': 'y' });
      else expect(left).toMatchObject({ '/copy': CONTENT });
    });

  describe('with errors', () => {
    const failing = ['EAGAIN of read', 'EIO of read', 'EIO of getattr'] as const;
    // If the read of a descriptor fails, Node loses the error and returns what was read. Its web stream does not end.
    const forgetful = ['readFile of a descriptor', 'handle.readableWebStream'];
    // To read text, Node does not ask for the size.
    const sizeless = ['readFileSync, as text'];
    for (const what of failing) {
      const [errno, , op] = what.split(' ') as ['EAGAIN' | 'EIO', string, 'read' | 'getattr'];
      const lie = (): Promise<void> => liar.mount.error(errno, { op, path: '/file' });
      liar.compare(what, lie, readers('file'), {
        not: [...forgetful, ...(op === 'getattr' ? sizeless : [])],
      });
      for (const name of forgetful)
        itOfOwnCalls(`${what}: ${name} rejects`, async () => {
          const read = liar.during(lie, async () => {
            const way = Promise.resolve(readers('file')[name]?.(ours, liar.mount.path));
            return await within(
              way.catch((error: unknown) => error),
              name,
            );
          });
          expect(await read).toMatchObject({
            code: errno,
            syscall: op === 'getattr' && name.startsWith('readFile') ? 'fstat' : 'read',
          });
        });
    }
    liar.compare(
      'EIO of getattr',
      () => liar.mount.error('EIO', { op: 'getattr', path: '/file' }),
      copiers('file'),
    );
    // Node asserts that this close succeeds, and aborts. An error of the stream, which no listener can get, ends the
    // process.
    const fatal = ['readFileSync, as text', 'handle.readLines', ...(IN_CPP ? ['cpSync'] : [])];
    const close = (): Promise<void> => liar.mount.error('EIO', { op: 'flush' });
    liar.compare('EIO of close', close, { ...readers('file'), ...copiers('file') }, { not: fatal });
    it('EIO of close: handle.readLines ends the program after the last line, as that of Node', async () => {
      const script = `const { open } = require(process.argv[1]);
        process.on('uncaughtException', ({ code, syscall }) => console.log(code, syscall));
        (async () => {
          for await (const line of (await open(process.argv[2])).readLines()) console.log(line);
        })();`;
      const file = join(liar.mount.path, 'file');
      const said = await liar.during(close, () =>
        Promise.all(
          ['node:fs/promises', join(__dirname, '../../../dist/fs/promises/index.js')].map((from) =>
            run(process.execPath, ['-e', script, from, file]),
          ),
        ),
      );
      expect(said).toEqual(Array(2).fill(`${CONTENT}\nEIO close\n`));
    });
    itOfOwnCalls('EIO of close: readFileSync, as text, throws', async () => {
      const read = readers('file')['readFileSync, as text'];
      const settled = await liar.during(close, () => settle(() => read?.(ours, liar.mount.path)));
      expect(settled.value).toMatchObject({ code: 'EIO', syscall: 'close' });
    });
  });
});
