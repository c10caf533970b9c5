// The cases of the bench by name. Each runs in a process of its own.

import { compareBigFile } from './big-file.mjs';
import { measureBlocked } from './blocked.mjs';
import { compareConditions } from './conditions.mjs';
import { measureControl } from './control.mjs';
import { compareCounters } from './counters.mjs';
import { compareInterrupt } from './interrupt.mjs';
import { measureKills } from './kill.mjs';
import { compareKillable } from './killable.mjs';
import { compareLanes } from './lanes.mjs';
import { compareLarge } from './large.mjs';
import { compareOperation, operations } from './ops.mjs';
import { compareOthers } from './others.mjs';
import { measureRequire } from './require.mjs';
import { compareScopes } from './scope.mjs';
import { loadSubject } from './subject.mjs';
import { compareTracking } from './tracking.mjs';
import { compareTrees } from './trees.mjs';
import { compareWalk } from './walk.mjs';
import { compareWholeProgram } from './whole-program.mjs';

/** @typedef {import('./args.mjs').Settings} Settings */
/** @typedef {import('./compare.mjs').Row} Row */

/** @type {Record<string, (settings: Settings) => Row[] | Promise<Row[]>>} */
export const cases = {
  ...Object.fromEntries(
    Object.keys(operations).map((name) => [
      name,
      async (/** @type {Settings} */ settings) =>
        compareOperation(name, await loadSubject(settings), settings),
    ]),
  ),
  bigfile: async (settings) => compareBigFile(await loadSubject(settings), settings),
  walk: async (settings) => compareWalk(await loadSubject(settings), settings),
  trees: async (settings) => compareTrees(await loadSubject(settings), settings),
  conditions: (settings) => compareConditions(settings),
  large: (settings) => compareLarge(settings),
  others: (settings) => compareOthers(settings),
  hook: (settings) => compareWholeProgram(settings),
  tracking: async (settings) => compareTracking(await loadSubject(settings), settings),
  scope: async (settings) => compareScopes(await loadSubject(settings), settings),
  interrupt: async (settings) => compareInterrupt(await loadSubject(settings), settings),
  blocked: async (settings) => measureBlocked(await loadSubject(settings), settings),
  killable: async (settings) => compareKillable(await loadSubject(settings), settings),
  kill: async (settings) => measureKills(await loadSubject(settings), settings),
  lanes: async (settings) => compareLanes(await loadSubject(settings), settings),
  control: (settings) => measureControl(settings),
  counters: (settings) => compareCounters(settings),
  require: (settings) => measureRequire(settings),
};
