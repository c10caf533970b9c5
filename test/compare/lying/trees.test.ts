// Listings without types or with wrong ones, and entries that were removed or that fail.
import { expect } from '@jest/globals';
import { describeWith, itOfOwnCalls } from '../../fixtures/available';
import type { StallFilter } from '../../fixtures/stallfs';
import { IN_CPP, Liar, ours, RM_IN_CPP } from './liar';
import { listers, removers } from './trees';
import { treeCopiers } from './ways';

const named = (ways: object, pattern: RegExp): string[] =>
  Object.keys(ways).filter((name) => pattern.test(name));

describeWith('stallfs', 'a tree', () => {
  const liar = new Liar();
  // Where these functions are written in C++, their errors have other texts, some failures count as success, and some
  // abort the process.
  const native = [...(RM_IN_CPP ? named(removers, /^rmSync/) : []), ...(IN_CPP ? ['cpSync'] : [])];
  const compare = (title: string, lie: () => unknown, not: readonly string[] = []): void => {
    const without = (ways: object): string[] => not.filter((name) => name in ways);
    const walkers = { ...listers, ...treeCopiers };
    liar.compare(title, lie, walkers, { not: without(walkers) });
    // After a failure some versions of Node remove the rest of the tree, in an order of chance.
    liar.compare(title, lie, removers, { not: without(removers), onFailure: false });
  };
  const recursive = named(listers, /recursive$/);

  compare('listings without types', () => liar.mount.lie('type', 1));
  // If Node needs no types, it asks for the status of each name. This package believes the listing, but not in
  // functions that remove.
  compare('listings with wrong types', () => liar.mount.lie('type', 2), [...recursive, ...native]);

  const failing: [errno: 'ENOENT' | 'EIO' | 'EACCES', filter: StallFilter][] = [
    ['ENOENT', { op: 'lookup', path: '/folder/inner' }],
    ['ENOENT', { op: 'lookup', path: '/folder/deep/deeper' }],
    ['ENOENT', { op: 'opendir', path: '/folder/deep' }],
    ['ENOENT', { op: 'unlink', path: '/folder/inner' }],
    ['ENOENT', { op: 'rmdir', path: '/folder/deep/deeper' }],
    ['ENOENT', { op: 'open', path: '/folder/inner' }],
    ['EIO', { op: 'lookup', path: '/folder/inner' }],
    ['EIO', { op: 'opendir', path: '/folder/deep' }],
    ['EIO', { op: 'readdir', path: '/folder/deep' }],
    ['EIO', { op: 'unlink', path: '/folder/inner' }],
    ['EIO', { op: 'rmdir', path: '/folder/deep/deeper' }],
    ['EACCES', { op: 'opendir', path: '/folder/deep' }],
  ];
  for (const [errno, filter] of failing)
    for (const types of ['with', 'without'] as const) {
      const title = `${errno} of ${filter.op} at ${filter.path}, ${types} types`;
      const lie = async (): Promise<void> => {
        await liar.mount.error(errno, filter);
        if (types === 'without') await liar.mount.lie('type', 1);
      };
      // If a directory is gone when its turn comes, Node's listing fails. Here it counts as empty.
      const gone = errno === 'ENOENT' && /lookup|opendir/.test(filter.op ?? '');
      compare(title, lie, [
        ...native,
        // Node's error names no path if a directory cannot be opened, and names one if it cannot be read.
        ...(/opendir|readdir/.test(filter.op ?? '') || filter.path === '/folder/deep/deeper'
          ? ['cpSync']
          : []),
        ...(gone ? recursive : []),
        // Node 26 returns a directory before it finds that it cannot list it, and its error names no path. Earlier
        // versions name it.
        ...(/lookup|readdir/.test(filter.op ?? '') && !gone ? named(listers, /opendir.*recursive$/) : []),
        // Without types Node and the package meet the error at different steps.
        ...(filter.op === 'lookup' && types === 'without' ? ['promises.cp', 'cp', 'cpSync'] : []),
        // Node throws this error where no program can catch it.
        ...(IN_CPP && filter.op === 'lookup' && types === 'without' ? ['readdir with types, recursive'] : []),
      ]);
      if (!gone) continue;
      for (const name of named(listers, /readdir.*recursive$/))
        itOfOwnCalls(`${title}: ${name} lists the rest`, async () => {
          const all = (await liar.during(
            () => undefined,
            () => listers[name]?.(ours, liar.mount.path),
          )) as unknown[];
          const found = (await liar.during(lie, () => listers[name]?.(ours, liar.mount.path))) as unknown[];
          expect(found.length).toBeGreaterThan(3);
          expect(all).toEqual(expect.arrayContaining(name.includes('types') ? [] : found));
        });
    }
});
