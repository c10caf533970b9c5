// Interleaved comparison: the sides take turns in short slices, and the order rotates from round to round, so that
// other work of the machine affects all of them alike. A ratio is taken within a round; the median of the ratios
// counts.

/**
 * @template [Result=number]
 * @typedef {object} Side
 * @property {string} name
 * @property {() => Promise<Result>} slice  one slice; what it returns is compared (a rate, or a time)
 */
/**
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} min
 * @property {number} max
 */
/**
 * @typedef {object} Row  one line of the table
 * @property {string} figure
 * @property {string} against     what it is compared with; '' for an absolute figure
 * @property {number | null} ours   informative
 * @property {number | null} theirs informative
 * @property {string} unit        of those two: '/s', 'µs', 'ms', 'KB' …
 * @property {Spread | null} ratio
 * @property {Target | null} target
 * @property {boolean | null} met
 * @property {string} [note]
 */
/**
 * @typedef {object} Target
 * @property {'ratio' | 'ours'} of  which column it is for
 * @property {'>=' | '<='} sign
 * @property {number} value
 */

/** @param {number[]} values @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** @param {number[]} values @returns {Spread} */
export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Runs the sides in turns.
 * @template Result
 * @param {Side<Result>[]} sides
 * @param {number} rounds
 * @param {number} [warmups]
 * @returns {Promise<Result[][]>} one list of results for each side, index = round
 */
export async function interleave(sides, rounds, warmups = 2) {
  /** @type {Result[][]} */
  const results = sides.map(() => []);
  for (let round = -warmups; round < rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const at = (turn + round + warmups) % sides.length;
      // The next side must not pay for young garbage of the last one. Only a minor collection: a full one each time
      // would drop the code of the sides that do not run from V8's caches.
      globalThis.gc?.({ type: 'minor' });
      const value = await sides[at].slice();
      if (round >= 0) results[at].push(value);
    }
  }
  return results;
}

/**
 * The ratios of the first side to another, round by round.
 * @param {number[]} ours
 * @param {number[]} theirs
 */
export function ratios(ours, theirs) {
  return spread(ours.map((value, round) => value / theirs[round]));
}

/**
 * @param {Omit<Row, 'met'>} row
 * @returns {Row}
 */
export function judged(row) {
  const { target } = row;
  if (!target) return { ...row, met: null };
  const value = target.of === 'ours' ? row.ours : row.ratio?.median;
  if (value === null || value === undefined) return { ...row, met: null };
  return { ...row, met: target.sign === '>=' ? value >= target.value : value <= target.value };
}

/** @param {number} value @returns {Target} */
export const atLeast = (value) => ({ of: 'ratio', sign: '>=', value });
/** @param {number} value @returns {Target} */
export const atMost = (value) => ({ of: 'ratio', sign: '<=', value });
/** @param {number} value @returns {Target} */
export const absoluteAtMost = (value) => ({ of: 'ours', sign: '<=', value });

/** The least and the greatest value, as a row's note. @param {number[]} values @param {string} unit */
export function range(values, unit, digits = 0) {
  return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)} ${unit}`;
}
