// The real chokidar on a mount that stalls and recovers, with watchFile (usePolling) and with watch.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { mkdir, writeFile } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Child } from '../fixtures/processes';
import { mounted } from '../stall/place';

const hook = join(__dirname, '../../dist/register.js');
const program = join(__dirname, 'programs/chokidar.mjs');

function onStalls(): void {
  const stage = mounted();
  let child: Child | undefined;

  const lines = (): string[] => (child?.stdout ?? '').split('\n');
  const told = (line: string): Promise<unknown> =>
    until(() => lines().includes(line), `"${line}"`).catch((error: Error) => {
      throw new Error(`${error.message}\n${child?.stdout}\n${child?.stderr}`);
    });
  /** Resolves once its event loop has answered. */
  const turns = async (): Promise<void> => {
    const count = (): number => lines().filter((line) => line === 'pong').length;
    const before = count();
    child?.write('ping\n');
    await until(() => count() > before, 'the event loop to turn');
  };

  afterEach(async () => {
    child?.kill();
    await child?.exited;
  });

  test.each(process.env.PENDINGOP_BACKEND === 'posix' ? ['polling'] : ['polling', 'events'])(
    '%s',
    async (how) => {
      const place = stage.place();
      child = Child.start(process.execPath, ['--require', hook, program, how, place.at('full')]);
      await told('ready');
      await told(`add ${place.at('full/one')}`);

      // The mount stalls once chokidar has listed another folder, and is about to watch it. With polling, looks at watched files
      // stall, too.
      const empty = `${place.root}/empty`;
      await place.fs.late({ op: 'opendir', path: empty });
      child.write(`add ${place.at('empty')}\n`);
      await place.fs.waitHeld(1, { op: 'opendir', path: empty });
      await place.fs.late({ path: place.root });
      await place.fs.pass({ op: 'readdir', path: empty });
      await place.fs.release({ op: 'opendir', path: empty });
      await place.fs.waitHeld(how === 'polling' ? 4 : 1, { path: place.root });
      for (let i = 0; i < 3; i++) await turns();
      writeFileSync(place.behind('full/one'), 'another content');
      for (let i = 0; i < 3; i++) await turns();
      await place.fs.normal();
      await place.fs.release();

      await told(`addDir ${place.at('empty')}`);
      if (how === 'polling') await told(`change ${place.at('full/one')}`);
      // The kernel reports only what this machine changes there.
      await writeFile(place.at('full/one'), 'once more');
      await writeFile(place.at('empty/new'), 'new');
      await mkdir(place.at('full/dir'));
      await told(`change ${place.at('full/one')}`);
      await told(`add ${place.at('empty/new')}`);
      await told(`addDir ${place.at('full/dir')}`);

      // Once more, with every folder watched.
      await place.fs.late({ path: place.root });
      const making = writeFile(place.at('full/a/late'), 'late');
      await place.fs.waitHeld(1, { path: place.root });
      for (let i = 0; i < 3; i++) await turns();
      await place.fs.normal();
      await place.fs.release();
      await making;
      await told(`add ${place.at('full/a/late')}`);
      expect(lines().filter((line) => /^(unlink|error)/.test(line))).toEqual([]);
      child.write('close\n');
      const { code } = await child.exited;
      expect({ code, stderr: child.stderr }).toEqual({ code: 0, stderr: '' });
    },
  );
}
describeWith('stallfs', 'chokidar on a mount that stalls', onStalls);
