// What `mounts` reports of a stalled mount, and what mounts.abort() does to the mount.
'use strict';
const fs = require('node:fs');
const { release } = require('node:os');
const { interruptUnder, listPending, mounts } = require('pendingop');
const fsp = require('pendingop/fs/promises');
const { lock } = require('pendingop/lock');
const { stalls } = require('./cases.cjs');
const { Place, Started } = require('./place.cjs');
const { check, mounts: command, test, until, within } = require('./tools.cjs');

const TIMEOUT = 1000;

/** A second mount of the same server, with a superblock of its own. */
async function mountSecond(stall, name) {
  const second = `${name}-second`;
  fs.mkdirSync(`/srv/${second}`);
  fs.mkdirSync(`/mnt/${second}`);
  fs.writeFileSync(`/srv/${second}/file`, 'content');
  await command([stalls[stall].mount, second, 'nosharecache']);
  await fsp.stat(`/mnt/${second}/file`);
  return `/mnt/${second}`;
}

/** Whether an NFS client can be shut down (Linux 6.5 and later), as the package does on NFS 4. */
const isNewer = !release().startsWith('6.1.');

async function main(stall, name) {
  const { aborted } = stalls[stall];
  const lockAborted = isNewer ? stalls[stall].lockAborted : undefined;
  const told = [];
  for (const event of ['mount-stalled', 'mount-recovered'])
    mounts.on(event, ({ mountPoint }) => told.push(`${event} ${mountPoint}`));
  const place = await Place.make(stall, name);
  const dirty = await place.prepare('dirty', { opens: 'r+', dirty: true });
  const waiting = await place.prepare('waiting', {});
  const closing = await place.prepare('closing', { opens: 'r+', dirty: true });
  const locking = await place.prepare('locking', { opens: 'r+' });
  const second = lockAborted ? await mountSecond(stall, name) : undefined;
  const isShutDown = mounts.of(place.root).type === 'nfs4';
  await place.begin();
  for (const one of [dirty, closing]) await place.prepareStalled(one, { dirty: true });
  const all = [
    new Started('fsync', dirty.handle.sync()),
    new Started('stat', fsp.stat(`${waiting.at}/file`)),
    new Started('mkdir', fsp.mkdir(`${waiting.at}/new`)),
  ];
  const locks = lockAborted ? [new Started('lock', lock(locking.handle))] : [];
  const close = new Started('close', closing.handle.close());
  await place.stuck([...all, ...locks, close]);

  await test(`${stall}: mounts.of() and list() show it`, async () => {
    const mount = mounts.of(`${place.root}/x`);
    check(mount.mountPoint === place.root, `mountPoint ${mount.mountPoint}`);
    check(mount.canInterrupt === 'kill', `canInterrupt ${mount.canInterrupt}`);
    check(mount.pending > all.length, `pending ${mount.pending}`);
    check(
      mounts.list().some(({ mountPoint }) => mountPoint === place.root),
      'not in the list',
    );
    await until(() => mounts.of(place.root).state === 'stalled', 'stalled');
    await until(() => told.includes(`mount-stalled ${place.root}`), 'mount-stalled');
  });
  await test(`${stall}: mounts.statfs() marks it, and waits for it no longer than told`, async () => {
    const start = performance.now();
    const usage = await within(mounts.statfs({ timeout: TIMEOUT }), 'statfs');
    const ms = performance.now() - start;
    check(ms < TIMEOUT + 5000, `after ${ms} ms`);
    const of = (mountPoint) => usage.find((one) => one.mountPoint === mountPoint);
    check(of(place.root)?.state === 'stalled', `usage ${JSON.stringify(of(place.root))}`);
    check(of('/') !== undefined && of('/').state === 'ok', `usage of / ${JSON.stringify(of('/'))}`);
  });
  if (aborted.length === 0) {
    await test(`${stall}: mounts.abort() says that it frees nothing`, async () => {
      const error = await within(
        mounts.abort(place.root).then(
          () => undefined,
          (reason) => reason,
        ),
        'abort',
      );
      check(error !== undefined && /free/.test(error.message), `abort: ${error?.stack}`);
      check(
        all.every(({ ended }) => !ended),
        'a call ended',
      );
    });
    await test(`${stall}: what was stuck goes on once the server is back`, async () => {
      await place.end();
      for (const one of [...all, close]) {
        await within(one.settled, one.name);
        check(one.error === undefined, `${one.name}: ${one.error?.stack}`);
      }
      for (const { handle } of [dirty, locking]) await handle.close();
      await place.released();
      await until(() => mounts.of(place.root).state === 'ok', 'back');
      await until(() => told.includes(`mount-recovered ${place.root}`), 'mount-recovered');
    });
    return;
  }
  await test(`${stall}: mounts.abort() frees what is stuck`, async () => {
    const reports = await within(interruptUnder(closing.at), 'the report');
    check(reports.length === 1 && reports[0].outcome === 'abandoned', `close: ${reports[0]?.outcome}`);
    const start = performance.now();
    await within(mounts.abort(place.root), 'abort');
    for (const one of all) {
      await within(one.settled, `the end of ${one.name}`);
      check(aborted.includes(one.error?.code), `${one.name}: ${one.error?.stack ?? 'succeeded'}`);
      check(Math.abs(one.error.errno) < 512, `${one.name}: errno ${one.error.errno}`);
    }
    for (const one of locks) {
      if (lockAborted === 'waits on') {
        check(!one.ended, `lock: ${one.error?.stack ?? 'succeeded'}`);
        const [report] = await within(interruptUnder(locking.at), 'the report');
        check(report?.outcome === 'killed', `lock: ${report?.outcome}`);
      }
      await within(one.settled, 'the end of lock');
      if (lockAborted !== 'waits on')
        check(one.error?.code === lockAborted, `lock: ${one.error?.stack ?? 'succeeded'}`);
    }
    // Calls that were abandoned before have come back, too.
    await until(
      () => listPending().length === 0,
      () => `an empty table: ${listPending().join('; ')}`,
    );
    return { abort: { stall }, ms: Math.max(...all.map(({ at }) => at)) - start };
  });
  await test(`${stall}: nothing is left of it`, async () => {
    await place.end();
    for (const { handle } of [dirty, locking])
      await within(
        handle.close().catch(() => undefined),
        'close',
      );
    await place.released();
  });
  if (second) {
    await test(`${stall}: another mount of the same server works after it`, async () => {
      check((await within(fsp.readFile(`${second}/file`, 'utf8'), 'read')) === 'content', 'another content');
      await within(fsp.writeFile(`${second}/new`, 'x'), 'write');
      const handle = await within(fsp.open(`${second}/file`, 'r+'), 'open');
      await within(lock(handle), 'lock');
      await within(handle.close(), 'close');
      await command(['unmount', second]);
    });
    const what = isShutDown ? 'is shut down until it is mounted again' : 'works again by itself';
    await test(`${stall}: the mount ${what}`, async () => {
      if (isShutDown) {
        const error = await within(
          fsp.writeFile(`${waiting.at}/new`, 'x').catch((reason) => reason),
          'write',
        );
        check(error?.code === 'EIO', `write: ${error?.stack ?? 'succeeded'}`);
        await command(['unmount', place.root]);
        await command([stalls[stall].mount, name]);
      }
      await place.works();
    });
  }
}

module.exports = main;
