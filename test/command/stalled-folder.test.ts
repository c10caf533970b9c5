// Commands whose folder or program is on a stalled file system. They have not begun, so waitDelay does not apply.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { listPending } from '../../lib';
import { runCommand } from '../../lib/command';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { Fate } from '../stall/place';

/** Longer than the test lasts. */
const PATIENT = 10 * 60_000;

const killable = hasTasks();

if (killable)
  describeWith('stallfs', 'a command that cannot begin', () => {
    let fs: StallFs;
    beforeEach(async () => {
      fs = await StallFs.mount();
      writeFileSync(join(fs.backing, 'program'), '#!/bin/sh\n', { mode: 0o755 });
    });
    afterEach(() => fs.unmount());

    const ways: [string, () => { file: string; cwd: string }][] = [
      ['for its folder', () => ({ file: 'true', cwd: fs.path })],
      ['for its file', () => ({ file: join(fs.path, 'program'), cwd: '/' })],
    ];
    it.each(ways)('%s: is ended within its grace', async (_, way) => {
      const { file, cwd } = way();
      await fs.hold('ignore');
      const controller = new AbortController();
      const fate = new Fate(runCommand(file, [], { cwd, signal: controller.signal, waitDelay: PATIENT }));
      await fs.waitHeld(1);
      controller.abort();
      expect((await fate.settled).error?.code).toBe('ABORT_ERR');
      expect(fate.error?.outcome).toBe('abandoned');
      await fs.release();
      await fs.normal();
      await until(() => listPending().length === 0, 'it is gone once the file system answers');
    });
  });
