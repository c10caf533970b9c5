// Formats the rows as text.

/** @typedef {import('./compare.mjs').Row} Row */

const heads = ['figure', 'against', 'ours', 'theirs', 'ratio', 'min', 'max', 'target', 'met'];
const rightAligned = new Set([2, 3, 4, 5, 6, 7]);

/** @param {Row[]} rows */
export function formatTable(rows) {
  const lines = [heads, ...rows.map(cells)];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        rightAligned.has(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd(),
  );
  text.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return text.join('\n');
}

/** @param {Row} row */
function cells(row) {
  return [
    row.note ? `${row.figure} (${row.note})` : row.figure,
    row.against,
    amount(row.ours, row.unit),
    amount(row.theirs, row.unit),
    times(row.ratio?.median),
    times(row.ratio?.min),
    times(row.ratio?.max),
    target(row),
    row.met === null ? '' : row.met ? 'yes' : 'NO',
  ];
}

/** @param {number | null} value @param {string} unit */
function amount(value, unit) {
  if (value === null) return '';
  const text = value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  return unit.startsWith('/') ? `${text}${unit}` : `${text} ${unit}`;
}

/** @param {number | undefined} ratio */
function times(ratio) {
  return ratio === undefined ? '' : `${ratio.toFixed(2)}x`;
}

/** @param {Row} row */
function target({ target, unit }) {
  if (!target) return '';
  return `${target.sign === '>=' ? '≥' : '≤'} ${target.of === 'ratio' ? `${target.value}x` : `${target.value} ${unit}`}`;
}
