// Wherever a mount point or a path is given as text, one that is no UTF-8 can be given, too: as it was listed.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { interruptUnder, listPending, mounts, trackPending } from '../../lib';
import { open, stat } from '../../lib/fs/promises';
import { ask, clean, killAllAfterwards, pendingop, seen, start, withRuntimeFolder } from '../cli/tools';
import { describeWith } from '../fixtures/available';
import { Fate } from '../stall/place';
import { dist } from '../table/tools';
import { NAMES, placeIn, SHOWN, shell, withNamedMounts } from './tools';

const [FIRST, SECOND] = NAMES as [Buffer, Buffer];

describeWith('mounting', 'a name of any bytes', () => {
  const { folder, fs, at } = withNamedMounts();
  const words = (): string[] => SHOWN.map((name) => `${folder()}/${name}.`);
  afterEach(() => trackPending(false));

  it('is a condition of listPending(), and is what interruptUnder() takes', async () => {
    trackPending(true);
    await fs().hold('honour', { op: 'lookup' });
    const [first, second] = [stat(at(FIRST, 'x')), stat(at(SECOND, 'y'))].map((call) => new Fate(call));
    await fs().waitHeld(2);
    const all = listPending();
    // What bytes are lost in the texts is the same in both.
    expect(all.map((op) => op.mount)).toEqual([at(FIRST).toString(), at(SECOND).toString()]);
    expect(listPending({ mount: at(FIRST).toString() })).toHaveLength(2);
    for (const [i, name] of [FIRST, SECOND].entries()) {
      const { path, pending } = mounts.of(at(name));
      expect(pending).toBe(1);
      for (const mount of [
        path,
        new Uint8Array(at(name)) as Buffer,
        Buffer.concat([at(name), Buffer.from('//')]),
      ])
        expect(listPending({ mount }).map(({ id }) => id)).toEqual([all[i]?.id]);
      expect(listPending({ under: path }).map(({ id }) => id)).toEqual([all[i]?.id]);
    }
    expect(listPending({ mount: Buffer.from(folder()) })).toEqual([]);
    expect(() => listPending({ mount: 1 as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
    expect((await interruptUnder(at(FIRST))).map(({ op }) => op.id)).toEqual([all[0]?.id]);
    expect((await first?.settled)?.error?.code).toBe('EINTR');
    expect(listPending({ mount: at(SECOND) })).toHaveLength(1);
    await interruptUnder(at(SECOND));
    await second?.settled;
  });

  it('leads to the calls on a handle', async () => {
    trackPending(true);
    const handles = await Promise.all([FIRST, SECOND].map((name) => open(at(name, 'file'))));
    await fs().hold('honour', { op: 'read' });
    const [first, second] = handles.map((handle) => new Fate(handle.read(Buffer.alloc(1))));
    await fs().waitHeld();
    expect(listPending({ under: at(FIRST) })).toHaveLength(1);
    expect(await interruptUnder(at(FIRST))).toHaveLength(1);
    await first?.settled;
    expect(await interruptUnder(at(SECOND))).toHaveLength(1);
    await second?.settled;
    for (const handle of handles) await handle.close();
  });

  it('is expected by PENDINGOP_EXPECT_MOUNTS, with colons in it, too', () => {
    const script = `const { stat } = require('node:fs');
      for (const hex of process.argv.slice(1)) stat(Buffer.from(hex, 'hex'), (error) => console.log(error?.code));`;
    const expected = [...words(), `${folder()}/with\\072colon/`, `${folder()}/back\\134slash`];
    const flags = ['--require', join(dist, 'register.js'), '-e', script];
    const env = { ...clean(), PENDINGOP_EXPECT_MOUNTS: expected.join(':') };
    const said = (...paths: (Buffer | string)[]): string[] => {
      const hex = paths.map((path) => Buffer.from(path as string).toString('hex'));
      const args = [...flags, ...hex];
      return execFileSync(process.execPath, args, { env, encoding: 'utf8' }).trim().split('\n').sort();
    };
    expect(said(...NAMES.map((name) => at(name, 'file')))).toEqual(NAMES.map(() => 'undefined'));
    shell(`umount -l ${placeIn(folder(), FIRST)}`);
    const gone = 'ERR_MOUNT_MISSING';
    expect(said(at(FIRST, 'file'))).toEqual([gone]);
    expect(said(at(SECOND, 'file'))).toEqual(['undefined']);
    expect(said(`${folder()}/with:colon/x`, `${folder()}/back\\slash/x`)).toEqual([gone, gone]);
    expect(said(`${folder()}/with/x`)).toEqual(['ENOENT']);
  });

  describeWith('stallfs', 'over the control socket', () => {
    const runtime = withRuntimeFolder();
    killAllAfterwards();
    const program = (...paths: Buffer[]): ReturnType<typeof start> =>
      start('bytes.cjs', [dist, ...paths.map((path) => path.toString('hex'))], { env: runtime.env });

    it('is listed with escapes and taken with them', async () => {
      await fs().hold('honour', { op: 'lookup' });
      const { pid } = await program(at(FIRST, 'x'), at(SECOND, 'y'));
      await fs().waitHeld(2);
      const socket = runtime.socketOf(pid);
      const { mounts: listed, escaped } = await ask(socket, { do: 'mounts', escaped: true });
      expect(escaped).toBe(true);
      const points = (listed ?? []).map(({ mountPoint }) => mountPoint);
      const own = points.filter((point) => point.startsWith(`${folder()}/`));
      // JSON can say what would move a cursor.
      expect(own).toEqual(words().map((word) => word.replace('\\012\\033', '\n\x1b')));
      const plain = await ask(socket, { do: 'mounts' });
      expect(plain.escaped).toBeUndefined();
      expect(plain.mounts?.map(({ mountPoint }) => mountPoint)).toContain(at(FIRST).toString());
      const [first] = words() as [string];
      const { ops } = await ask(socket, { do: 'list', under: first, escaped: true });
      expect(ops?.map(({ path, mount }) => [path, mount])).toEqual([[`${first}/x`, first]]);
      const { outcomes } = await ask(socket, { do: 'interrupt', under: first, escaped: true });
      expect(outcomes?.map(({ outcome }) => outcome)).toEqual(['interrupted']);
      // Without `escaped` a backslash is a backslash.
      expect(await ask(socket, { do: 'abort', mount: first })).toMatchObject({ ok: false, code: 'EINVAL' });
      expect(await ask(socket, { do: 'list', under: first })).toMatchObject({ ok: true, ops: [] });
      expect(await ask(socket, { do: 'abort', mount: first, escaped: true })).toMatchObject({
        ok: true,
        aborted: first,
      });
    });

    it('is shown by ps and taken by interrupt', async () => {
      await fs().hold('honour', { op: 'lookup' });
      const { pid } = await program(at(FIRST, 'x'), at(SECOND, 'y'));
      await fs().waitHeld(2);
      const { verdicts, ops } = await seen(pid, ({ ops: all }) => all?.length === 2, runtime.env);
      const [first, second] = words() as [string, string];
      expect(ops?.map(({ mount }) => mount)).toEqual([at(FIRST).toString(), at(SECOND).toString()]);
      expect(verdicts.flatMap(({ advice }) => advice[0])).toEqual(
        expect.arrayContaining([`npx pendingop interrupt ${pid} '${first}'   ends these calls alone`]),
      );
      const { stdout } = await pendingop(['ps', String(pid)], runtime.env);
      expect(stdout).toContain(`${second}/y`);
      for (const path of [`${first}/x`, second]) {
        const done = await pendingop(['interrupt', String(pid), path], runtime.env);
        expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('interrupted')]);
      }
    });

    it('is taken by interrupt as it is written, too, if it is text', async () => {
      const name = NAMES[3] as Buffer;
      await fs().hold('honour', { op: 'lookup' });
      const { pid } = await program(at(name, 'x'));
      await fs().waitHeld();
      const done = await pendingop(['interrupt', String(pid), at(name).toString()], runtime.env);
      expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('interrupted')]);
    });
  });
});
