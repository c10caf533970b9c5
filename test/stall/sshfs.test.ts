// A network file system with a real server, stopped at either end.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { interrupt, interruptUnder, listPending, onPending } from '../../lib';
import * as fsp from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { SshFs } from '../fixtures/sshfs';
import { Fate, UNREAD } from './place';

describeWith('sshfs', 'sshfs', () => {
  let fs: SshFs;
  let file = '';
  let descriptors: OpenDescriptors;

  beforeAll(async () => {
    fs = await SshFs.mount();
    file = join(fs.path, 'file');
    // The first call on such a file system makes tasks and a socket, which stay.
    await fsp.stat(fs.path);
  });
  beforeEach(() => {
    writeFileSync(join(fs.backing, 'file'), 'content');
    descriptors = new OpenDescriptors();
  });
  afterAll(() => fs?.unmount());

  const calls: Record<string, () => Promise<unknown>> = {
    stat: () => fsp.stat(file),
    readFile: () => fsp.readFile(file, 'utf8'),
    open: () => fsp.open(file, 'r'),
    readdir: () => fsp.readdir(fs.path),
    mkdir: () => fsp.mkdir(join(fs.path, 'made')),
    statfs: () => fsp.statfs(fs.path),
  };
  const ends = { 'its daemon stopped': () => fs.stall(), 'its far end frozen': () => fs.freezeFarEnd() };

  it.each(Object.keys(ends) as (keyof typeof ends)[])('with %s', async (how) => {
    const local = join(fs.backing, 'file');
    await ends[how]();
    const before = fs.waiting();
    const fates = Object.values(calls).map((call) => new Fate(call()));
    // Each call waits for its own request, or for a directory that another call holds.
    await until(() => listPending({ under: fs.path, state: 'running' }).length === fates.length, 'all run');
    await until(() => fs.waiting() > before, 'the kernel waits');
    expect(await fsp.readFile(local, 'utf8')).toBe('content');
    expect(fates.some((fate) => fate.over)).toBe(false);
    const reports = await interruptUnder(fs.path, { grace: 20 });
    expect(reports).toHaveLength(fates.length);
    // `abandoned`: sshfs does not give up a request that it has read. `killed`: it has not read the request.
    // `interrupted`: the request waited within the daemon, or the call waited for a look-up in the kernel.
    for (const { outcome } of reports) expect(['interrupted', 'killed', 'abandoned']).toContain(outcome);
    expect(fates.every((fate) => fate.error?.code === 'EINTR')).toBe(true);
    expect(await fsp.readFile(local, 'utf8')).toBe('content');
    fs.resume();
    await until(() => listPending().length === 0, 'the kernel has let go');
    await descriptors.closed();
    expect(await fsp.readFile(file, 'utf8')).toBe('content');
    await fsp.rm(join(fs.path, 'made'), { recursive: true, force: true });
  });

  it('a call that its daemon has not read is killed', async () => {
    await fs.stall();
    const fate = new Fate(fsp.stat(file));
    await until(() => fs.waiting() > 0, 'the kernel waits');
    const reports = await interruptUnder(fs.path, { grace: 1000 });
    expect(reports).toMatchObject([{ outcome: UNREAD }]);
    expect(fate.error).toMatchObject({ code: 'EINTR', outcome: UNREAD, mayHaveTakenEffect: false });
    if (UNREAD === 'killed') expect(listPending()).toEqual([]);
    fs.resume();
    await until(() => listPending().length === 0, 'the kernel has let go');
    expect((await fsp.stat(file)).size).toBe(7);
  });

  it('a call that its daemon has passed on is abandoned, and released when the far end goes on', async () => {
    const events: string[] = [];
    const stop = onPending(({ type }) => events.push(type));
    await fs.freezeFarEnd();
    const fate = new Fate(fsp.stat(file));
    await until(() => fs.unreadAtFarEnd() > 0, 'the request is on its way to the far end');
    const reports = await interruptUnder(fs.path, { grace: 60 });
    expect(reports).toMatchObject([{ outcome: 'abandoned' }]);
    expect(fate.error?.outcome).toBe('abandoned');
    expect(listPending()).toMatchObject([{ state: 'abandoned' }]);
    fs.resume();
    await until(() => events.includes('release'), 'the kernel has let go');
    stop();
    expect(events).toEqual(['start', 'interrupt', 'abandon', 'end', 'release']);
    expect((await fsp.stat(file)).size).toBe(7);
  });

  it('a handle of it is usable after a stall', async () => {
    const handle = await fsp.open(file, 'r');
    await fs.stall();
    const buffer = Buffer.alloc(7, 'm');
    const fate = new Fate(handle.stat());
    const closed = new Fate(fsp.stat(file, { timeout: 30 }));
    await until(() => handle.listPending().some((op) => op.state === 'running'), 'it runs');
    await interrupt(handle.listPending(), { grace: 1000 });
    expect(fate.error?.outcome).toBe(UNREAD);
    expect((await closed.settled).error).toMatchObject({ code: 'ETIMEDOUT' });
    fs.resume();
    await until(() => listPending().length === 0, 'the kernel has let go');
    expect((await handle.read(buffer, 0, 7, 0)).buffer.toString()).toBe('content');
    await handle.close();
    expect(descriptors.more()).toEqual([]);
  });

  it('pending calls end with the connection', async () => {
    const other = await SshFs.mount();
    try {
      await other.freezeFarEnd();
      const fate = new Fate(fsp.stat(join(other.path, 'file')));
      await until(() => other.waiting() >= 1, 'it waits');
      await interruptUnder(other.path, { grace: 20 });
      expect(fate.over).toBe(true);
      other.abort();
      await until(() => listPending().length === 0, 'the kernel has let go');
    } finally {
      await other.unmount();
    }
  });
});
