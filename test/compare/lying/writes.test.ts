// Functions that write and cut files get less than they asked for, wrong sizes, and errors.
import { expect } from '@jest/globals';
import { describeWith, itOfOwnCalls } from '../../fixtures/available';
import type { StallOp } from '../../fixtures/stallfs';
import { settle } from '../harness';
import { Liar, ours } from './liar';
import { closers, truncaters, writers } from './ways';

describeWith('stallfs', 'a file that is written', () => {
  const liar = new Liar();
  const failing = (errno: 'EAGAIN' | 'EIO' | 'ENOSPC' | 'EDQUOT', op: StallOp, path?: string) => () =>
    liar.mount.error(errno, { op, ...(path === undefined ? {} : { path }) });

  liar.compare('at most 1,000 bytes at a time', () => liar.mount.lie('write', 1000), writers);
  liar.compare('EAGAIN of write', failing('EAGAIN', 'write'), writers);
  liar.compare('EIO of write', failing('EIO', 'write'), writers);
  liar.compare('ENOSPC of write', failing('ENOSPC', 'write'), writers);
  liar.compare('EIO of fsync', failing('EIO', 'fsync'), writers);
  liar.compare('EIO of close', failing('EIO', 'flush'), { ...writers, ...closers });
  liar.compare('1,000 bytes more than there are', () => liar.mount.lie('size', 1000), writers);
  for (const length of [0, 10, 25, 30, 2000]) {
    liar.compare(
      `cut to ${length}, said to be 1,000 more`,
      () => liar.mount.lie('size', 1000),
      truncaters(length),
    );
    // A smaller size than this would be less than 0.
    if (length >= 25)
      liar.compare(`cut to ${length}, said to be 0`, () => liar.mount.lie('size', -25), truncaters(length));
  }
  liar.compare('EIO of setattr', failing('EIO', 'setattr', '/file'), truncaters(10));
  // Node makes one AggregateError of both errors.
  for (const name of ['promises.truncate', 'truncate'])
    itOfOwnCalls(`${name} tells the first error where the close after it fails, too`, async () => {
      const both = async (): Promise<void> => {
        await failing('EIO', 'setattr', '/file')();
        await failing('ENOSPC', 'flush')();
      };
      const { value } = await liar.during(both, () =>
        settle(() => truncaters(10)[name]?.(ours, liar.mount.path)),
      );
      expect(value).toMatchObject({ code: 'EIO', syscall: 'ftruncate' });
    });
});
