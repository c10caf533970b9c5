// What stats() costs: the addon beside one that is built without its counters. Instructions tell, since they are the same
// each time. The processor time of processes that take turns has their noise, which is larger than what is to be shown.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { callgrind, withoutCallgrind } from './callgrind.mjs';
import { atMost, interleave, judged, median, ratios } from './compare.mjs';
import { operations } from './counters-operations.mjs';
import { NotComparable } from './subject.mjs';

/** @typedef {import('./compare.mjs').Row} Row */
/** @typedef {import('./args.mjs').Settings} Settings */

const root = fileURLToPath(new URL('..', import.meta.url));
const program = fileURLToPath(new URL('counters-program.mjs', import.meta.url));
const against = 'a build without counters';

/** @param {Settings} settings @returns {Promise<Row[]>} */
export async function compareCounters(settings) {
  if (settings.ours === 'node') throw new NotComparable('node:fs counts nothing');
  const { buildWithoutCounters, addonPath, defaultBackend } = await import('../scripts/bootstrap.mjs');
  const addons = [`${root}/${addonPath(defaultBackend)}`, await buildWithoutCounters()];
  return [...countInstructions(settings, addons), ...(await measureTime(settings, addons))];
}

const environment = (addon) => ({ ...process.env, PENDINGOP_ADDON: addon });

/**
 * All that counters add is in Client::finish(), on the event loop's thread; the instructions in there are compared with
 * those of the whole call.
 * @param {Settings} settings @param {string[]} addons @returns {Row[]}
 */
function countInstructions(settings, addons) {
  const reason = withoutCallgrind();
  if (reason !== undefined) {
    const empty = { against, ours: null, theirs: null, unit: '', ratio: null, target: null };
    return [judged({ ...empty, figure: 'instructions', note: `not counted: ${reason}` })];
  }
  const calls = settings.quick ? 2000 : 10_000;
  const [counted, uncounted] = addons.map((addon) =>
    callgrind(
      settings.folder,
      [program, settings.folder, String(calls)],
      environment(addon),
      'pendingop::Client::addTotals(pendingop::Totals*)',
    ),
  );
  return operations.map(({ name }, index) => {
    // The sections of an operation: what was before it, what compiles it, itself.
    const at = 3 * index + 2;
    const inFinish = [counted, uncounted].map((all) =>
      all[at].within('pendingop::Client::finish(pendingop::Event*)'),
    );
    const added = (inFinish[0] - inFinish[1]) / calls;
    const theirs = uncounted[at].instructions / calls;
    const ratio = (theirs + added) / theirs;
    return judged({
      figure: `instructions: ${name}`,
      against,
      ours: theirs + added,
      theirs,
      unit: '',
      ratio: { median: ratio, min: ratio, max: ratio },
      target: atMost(1.01),
      note: `${added.toFixed(1)} more, ${(100 * (ratio - 1)).toFixed(2)} %`,
    });
  });
}

/** @param {Settings} settings @param {string[]} addons @returns {Promise<Row[]>} */
async function measureTime(settings, addons) {
  const args = [program, settings.folder, settings.quick ? '100 ms' : '300 ms'];
  const sides = addons.map((addon) => ({
    name: addon,
    slice: async () =>
      JSON.parse(execFileSync(process.execPath, args, { env: environment(addon), encoding: 'utf8' })),
  }));
  const results = await interleave(sides, settings.quick ? 5 : 11, 1);
  return operations.map(({ name }) => {
    const [ours, theirs] = results.map((side) => side.map((found) => found[name]));
    return judged({
      figure: `processor time: ${name}`,
      against,
      ours: median(ours),
      theirs: median(theirs),
      unit: 'µs',
      ratio: ratios(ours, theirs),
      target: null,
    });
  });
}
