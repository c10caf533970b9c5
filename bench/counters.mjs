// What stats() costs: compares the addon with one built without its counters, in processes that take turns.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { atMost, interleave, judged, median, ratios } from './compare.mjs';
import { NotComparable } from './subject.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = fileURLToPath(new URL('counters-program.mjs', import.meta.url));

/**
 * @param {import('./args.mjs').Settings} settings
 * @returns {Promise<import('./compare.mjs').Row[]>}
 */
export async function compareCounters(settings) {
  if (settings.ours === 'node') throw new NotComparable('node:fs counts nothing');
  const { buildWithoutCounters, addonPath, defaultBackend } = await import('../scripts/bootstrap.mjs');
  const addons = [`${root}/${addonPath(defaultBackend)}`, await buildWithoutCounters()];
  const args = [program, settings.folder, settings.quick ? '100' : '300'];
  const sides = addons.map((addon) => ({
    name: addon,
    slice: async () => {
      const env = { ...process.env, PENDINGOP_ADDON: addon };
      return JSON.parse(execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' }));
    },
  }));
  const results = await interleave(sides, settings.quick ? 5 : 21, 1);
  return Object.keys(results[0][0]).map((name) => {
    const [ours, theirs] = results.map((side) => side.map((found) => found[name]));
    return judged({
      figure: `processor time: ${name}`,
      against: 'a build without counters',
      ours: median(ours),
      theirs: median(theirs),
      unit: 'µs',
      ratio: ratios(ours, theirs),
      target: atMost(1.01),
    });
  });
}
