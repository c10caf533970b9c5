// A call on a local file may have to wait, but the event loop never does. Each test makes a call wait, and sees the loop
// turn a hundred times before it lets the call go on.
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeWith, kernelHas } from '../fixtures/available';
import { Fifo } from '../fixtures/fifo';
import { withFolder, withSharedFolder } from '../fixtures/folder';
import { Child, run } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { Caller } from './tools';

let file: string;
let caller: Caller;
let undo: (() => Promise<unknown>)[];

const tools = withSharedFolder('inline-tools');
beforeAll(async () => {
  await run('cc', ['-O1', '-o', tools('holder'), join(__dirname, 'programs/holder.c')]);
});

afterEach(async () => {
  for (const step of undo.reverse()) await step();
  Child.killAll();
});
const folder = withFolder('inline');
beforeEach(async () => {
  undo = [];
  file = folder('file');
  writeFileSync(file, 'a'.repeat(1000));
  caller = await Caller.start();
});

/** Reads the file until a read needs no worker. */
async function warm(path: string, size = 1000): Promise<void> {
  await caller.call('readFile', path);
  await caller.call('readFile', path);
  expect(await caller.call('readFile', path)).toEqual([size, 1]);
}

async function hold(...args: string[]): Promise<Child> {
  const holder = Child.start(tools('holder'), args);
  await holder.says('on\n');
  return holder;
}

async function endHolder(holder: Child): Promise<void> {
  holder.write('end\n');
  expect(await holder.wait()).toEqual({ code: 0, signal: null });
}

describe('of one tick', () => {
  it('a few calls need no worker', async () => {
    expect(await caller.call('stats', 16, file)).toEqual([16, 16]);
  });

  it.each([17, 64, 1024])('%i go to workers, which take fewer system calls', async (count) => {
    expect(await caller.call('stats', count, file)).toEqual([count, 0]);
  });
});

describe('needs no worker', () => {
  it('if everything is in memory', async () => {
    await warm(file);
    symlinkSync('file', folder('link'));
    expect(await caller.call('stat', file)).toEqual([1000, 1]);
    expect(await caller.call('lstat', folder('link'))).toEqual([4, 1]);
    // The first read sets the access time of the link.
    expect(await caller.call('stat', folder('link'))).toEqual([1000, 0]);
    expect(await caller.call('stat', folder('link'))).toEqual([1000, 1]);
    expect(await caller.call('access', file)).toEqual([null, 1]);
    expect(await caller.call('readlink', folder('link'))).toEqual(['file', 1]);
    expect(await caller.call('realpath', folder('link'))).toEqual([file, 1]);
    expect(await caller.call('open', file)).toEqual([null, 1]);
    expect(await caller.call('read', 100, 950)).toEqual([50, 1]);
    expect(await caller.call('read', 100, 1950)).toEqual([0, 1]);
    expect(await caller.call('close')).toEqual([null, 1]);
    await caller.end();
  });

  it('unless PENDINGOP_INLINE=0 asks for one', async () => {
    const other = await Caller.start({ PENDINGOP_INLINE: '0' });
    await other.call('readFile', file);
    expect(await other.call('readFile', file)).toEqual([1000, 0]);
    expect(await other.call('stat', file)).toEqual([1000, 0]);
    await other.end();
  });
});

it('a changed file, or another file of the same name, is read by a worker', async () => {
  await warm(file);
  writeFileSync(file, 'b'.repeat(2000));
  expect(await caller.call('readFile', file)).toEqual([2000, 0]);
  await warm(file, 2000);
  rmSync(file);
  await run('mkfifo', [file]);
  const read = await caller.waiting('readFile', file);
  expect(read.isOver).toBe(false);
  await writeFile(file, 'written');
  expect(await read.over()).toEqual([7, 0]);
});

it('the close of a removed file, and of one that was written', async () => {
  await warm(file);
  expect(await caller.call('open', file)).toEqual([null, 1]);
  rmSync(file);
  expect(await caller.call('close')).toEqual([null, 0]);
  await caller.call('open', folder('new'), 'w');
  expect(await caller.call('close')).toEqual([null, 0]);
});

it('a FIFO', async () => {
  const fifo = await Fifo.make();
  undo.push(() => fifo.remove());
  expect(await caller.call('stat', fifo.path)).toEqual([0, 1]);
  const opened = await caller.waiting('open', fifo.path);
  expect(opened.isOver).toBe(false);
  fifo.open();
  expect(await opened.over()).toEqual([null, 0]);
});

it('a pipe through /proc', async () => {
  const fifo = await Fifo.make();
  undo.push(() => fifo.remove());
  const shell = Child.start('/bin/sh', ['-c', `exec 3<>${fifo.path}; echo on; read -r line`]);
  await shell.says('on\n');
  expect(await caller.call('open', `/proc/${shell.pid}/fd/3`)).toEqual([null, 0]);
  const read = await caller.waiting('read', 10, null);
  expect(read.isOver).toBe(false);
  fifo.feed('fed');
  expect(await read.over()).toEqual([3, 0]);
  shell.write('\n');
  await shell.wait();
});

describeWith('mounting', 'as root', () => {
  it('a device', async () => {
    // A new terminal, whose other side writes nothing.
    const device = folder('device');
    symlinkSync('/dev/ptmx', device);
    expect(await caller.call('open', device)).toEqual([null, 0]);
    const read = await caller.waiting('read', 10, null);
    expect(read.isOver).toBe(false);
  });

  it('a lease that another process holds', async () => {
    await warm(file);
    const holder = await hold('lease', file);
    expect(await caller.call('stat', file)).toEqual([1000, 1]);
    const opened = await caller.waiting('readFile', file);
    expect(opened.isOver).toBe(false);
    await endHolder(holder);
    expect(await opened.over()).toEqual([1000, 0]);
  });

  it('a permission event of fanotify: a file that was not read before', async () => {
    const holder = await hold('fanotify', folder(), '0');
    expect(await caller.call('stat', file)).toEqual([1000, 1]);
    const read = await caller.waiting('readFile', file);
    expect(read.isOver).toBe(false);
    await endHolder(holder);
    expect(await read.over()).toEqual([1000, 0]);
  });

  it('a permission event of fanotify: after a call that waited, workers make the calls', async () => {
    // On a mount of its own, so that no other process has to wait.
    const place = folder('place');
    await mkdir(place);
    await run('mount', ['-t', 'tmpfs', 'held', place]);
    undo.push(() => run('umount', ['-l', place]));
    const [one, other] = ['one', 'other'].map((name) => join(place, name)) as [string, string];
    for (const path of [one, other]) {
      writeFileSync(path, 'a'.repeat(1000));
      await warm(path);
    }
    // Two events are answered: the open and the read of the first file.
    const holder = await hold('fanotify', place, '2');
    expect(await caller.call('readFile', one)).toEqual([1000, 1]);
    const read = await caller.waiting('readFile', other);
    expect(read.isOver).toBe(false);
    await endHolder(holder);
    expect(await read.over()).toEqual([1000, 0]);
  });

  // Some kernels are made without automounts.
  if (kernelHas('autofs', 'fd=none'))
    it('an automount behind a link', async () => {
      const place = folder('auto');
      await mkdir(place);
      symlinkSync('auto/missing/file', folder('link'));
      const holder = await hold('autofs', place);
      const found = await caller.waiting('stat', folder('link'));
      expect(found.isOver).toBe(false);
      await endHolder(holder);
      expect(await found.over()).toEqual(['ENOENT', 0]);
    });

  it('a mount with strictatime, where every read changes the file’s status', async () => {
    const image = folder('image');
    const place = folder('place');
    await mkdir(place);
    await makeImage(image);
    await run('mount', ['-o', 'loop,strictatime', image, place]);
    undo.push(() => run('umount', ['-l', place]));
    const path = join(place, 'file');
    writeFileSync(path, 'a'.repeat(1000));
    for (let i = 0; i < 3; i++) expect(await caller.call('readFile', path)).toEqual([1000, 0]);
    expect(await caller.call('stat', path)).toEqual([1000, 1]);
    await run('mount', ['-o', 'remount,noatime', place]);
    await warm(path);
    // Read without the page cache.
    expect(await caller.call('open', path, 0o40000 /* O_DIRECT */)).toEqual([null, 0]);
    expect(await caller.call('read', 1000, 0)).toEqual(['EINVAL', 0]);
  });
});

const makeImage = async (image: string): Promise<void> => {
  await run('truncate', ['-s', '16M', image]);
  await run('mkfs.ext4', ['-q', '-F', image]);
};

describeWith('stallfs', 'a file system that stalls', () => {
  let fs: StallFs;
  beforeEach(async () => {
    fs = await StallFs.mount();
    undo.push(() => fs.unmount());
    writeFileSync(join(fs.backing, 'file'), 'a'.repeat(1000));
  });

  it('behind a link', async () => {
    symlinkSync(join(fs.path, 'file'), folder('link'));
    expect(await caller.call('stat', folder('link'))).toEqual([1000, 0]);
    await fs.late();
    for (const name of ['stat', 'readFile', 'access', 'realpath']) {
      const call = await caller.waiting(name, folder('link'));
      expect([name, call.isOver]).toEqual([name, name === 'realpath' && call.isOver]);
      await fs.release();
    }
  });

  describeWith('mounting', 'as root', () => {
    it('beneath an overlay', async () => {
      for (const name of ['upper', 'work', 'merged']) await mkdir(folder(name));
      const layers = `lowerdir=${fs.path},upperdir=${folder()}/upper,workdir=${folder()}/work`;
      await run('mount', ['-t', 'overlay', 'overlay', '-o', layers, folder('merged')]);
      undo.push(() => run('umount', ['-l', folder('merged')]));
      const path = folder('merged/file');
      expect(await caller.call('stat', path)).toEqual([1000, 0]);
      expect(await caller.call('readFile', path)).toEqual([1000, 0]);
      await fs.late();
      const found = await caller.waiting('readFile', path);
      expect(found.isOver).toBe(false);
      await fs.normal();
      await fs.release();
      expect(await found.over()).toEqual([1000, 0]);
    });

    it('beneath a disk, once the caches are empty', async () => {
      const place = folder('place');
      await mkdir(place);
      await makeImage(join(fs.backing, 'image'));
      // A disk in a file of a remote file system counts as remote, too. The path of this file, below a mount that is gone, does
      // not tell where it lies.
      await run('mount', ['--bind', fs.path, place]);
      const image = (await run('losetup', ['--find', '--show', join(place, 'image')])).trim();
      await run('umount', ['-l', place]);
      undo.push(() => run('losetup', ['-d', image]));
      await run('mount', [image, place]);
      undo.push(() => run('umount', ['-l', place]));
      const path = join(place, 'file');
      writeFileSync(path, 'a'.repeat(1000));
      await run('sync', ['-f', place]);
      await warm(path);
      for (const what of ['1', '3']) {
        await run('/bin/sh', ['-c', `echo ${what} >/proc/sys/vm/drop_caches`]);
        await fs.late({ op: 'read' });
        const read = await caller.waiting('readFile', path);
        expect([what, read.isOver]).toEqual([what, false]);
        await fs.normal();
        await fs.release();
        expect(await read.over()).toEqual([1000, 0]);
        await warm(path);
      }
    });
  });
});
