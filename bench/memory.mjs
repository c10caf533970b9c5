// The memory that calls take while they block.

import { absoluteAtMost, judged } from './compare.mjs';
import { availableBytes, kernelStackBytes, proportionalBytes, residentBytes } from './proc.mjs';

/** @typedef {{ resident: number, proportional: number, kernel: number, machine: number }} Memory  bytes */

/** @returns {Memory} what is taken now; `machine`: by all programs and the kernel, counted from an unknown zero */
export function memory() {
  return {
    resident: residentBytes(),
    proportional: proportionalBytes(),
    kernel: kernelStackBytes(),
    machine: -availableBytes(),
  };
}

/**
 * Returns what each call takes.
 * @param {Memory} before
 * @param {Memory} after
 * @param {number} calls
 * @returns {Memory}
 */
export function memoryOfEach(before, after, calls) {
  /** @param {keyof Memory} what */
  const each = (what) => (after[what] - before[what]) / calls;
  return {
    resident: each('resident'),
    proportional: each('proportional'),
    kernel: each('kernel'),
    machine: each('machine'),
  };
}

/**
 * @param {string} figure
 * @param {Memory} each
 * @returns {import('./compare.mjs').Row[]}
 */
export function memoryRows(figure, each) {
  const base = { against: '', theirs: null, ratio: null, target: null, unit: 'KB' };
  const target = absoluteAtMost(20);
  return [
    judged({ ...base, figure: `${figure}: resident memory of each`, ours: each.resident / 1000, target }),
    judged({ ...base, figure: `${figure}: proportional share of each`, ours: each.proportional / 1000 }),
    judged({ ...base, figure: `${figure}: kernel stack of each`, ours: each.kernel / 1000 }),
    judged({
      ...base,
      figure: `${figure}: of the machine's memory, kernel included`,
      ours: each.machine / 1000,
    }),
  ];
}
