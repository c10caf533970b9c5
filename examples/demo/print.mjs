// Headings, notes and tables for a terminal; colours on a terminal only.

const colours = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
const width = process.stdout.columns ?? 110;

/** @param {number} code */
const style = (code) => (/** @type {string} */ text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = style(1);
export const dim = style(2);
export const red = style(31);
export const green = style(32);
export const yellow = style(33);

/** @param {string} text */
export function heading(text) {
  console.log(`\n${bold(text)}`);
}

/** @param {string} text */
export function note(text) {
  console.log(`  ${text}`);
}

/** @param {number} ms */
export function milliseconds(ms) {
  return ms < 10 ? `${ms.toFixed(2)} ms` : `${Math.round(ms)} ms`;
}

/**
 * @typedef {object} Column
 * @property {string} head
 * @property {boolean} [right]
 * @property {boolean} [stretch]  is cut at its start if the terminal is too narrow
 * @property {(text: string) => string} [paint]
 */

/** @param {Column[]} columns @param {string[][]} rows */
export function table(columns, rows) {
  const widths = columns.map(({ head }, i) => Math.max(head.length, ...rows.map((row) => row[i].length)));
  const total = widths.reduce((sum, value) => sum + value + 2, 0);
  const stretch = columns.findIndex((column) => column.stretch);
  if (stretch >= 0 && total > width) widths[stretch] = Math.max(16, widths[stretch] - (total - width));
  /** @param {string} text @param {number} i */
  const cell = (text, i) => {
    const cut = text.length > widths[i] ? `…${text.slice(text.length - widths[i] + 1)}` : text;
    return columns[i].right ? cut.padStart(widths[i]) : cut.padEnd(widths[i]);
  };
  console.log(dim(`  ${columns.map(({ head }, i) => cell(head, i)).join('  ')}`));
  for (const row of rows) {
    const cells = row.map((text, i) => (columns[i].paint ?? String)(cell(text, i)));
    console.log(`  ${cells.join('  ')}`.trimEnd());
  }
}
