// Tables that fit the terminal. The column that can be shortened most is shortened; if that is not enough, the least
// important columns are left out.
import { printable, type Screen, shorten, style, widthOf } from './style';

export interface Column<T> {
  readonly title: string;
  text(row: T): string;
  readonly align?: 'right';
  /** The columns that the cell may be shortened to, from its start or its end. Default: it may not be shortened. */
  readonly least?: number;
  readonly cut?: 'start' | 'end';
  /** If there is no room, the column with the highest number is left out first. 0, the default: never. */
  readonly optional?: number;
  color?(row: T): 'red' | 'yellow' | 'green' | 'dim' | 'cyan' | undefined;
}

const GAP = 2;

interface Laid<T> {
  column: Column<T>;
  cells: string[];
  width: number;
}

function total<T>(laid: readonly Laid<T>[]): number {
  return laid.reduce((sum, { width }) => sum + width, 0) + GAP * Math.max(0, laid.length - 1);
}

function shrink<T>(laid: readonly Laid<T>[], width: number): boolean {
  for (;;) {
    const over = total(laid) - width;
    if (over <= 0) return true;
    const room = ({ column, width: now }: Laid<T>): number =>
      column.least === undefined ? 0 : now - column.least;
    const widest = laid.filter((one) => room(one) > 0).sort((a, b) => b.width - a.width)[0];
    if (widest === undefined) return false;
    widest.width -= Math.min(over, room(widest), Math.max(1, Math.ceil(over / 2)));
  }
}

function layOut<T>(columns: readonly Column<T>[], rows: readonly T[], width: number): Laid<T>[] {
  let chosen = [...columns];
  for (;;) {
    const laid = chosen.map((column): Laid<T> => {
      const cells = rows.map((row) => printable(column.text(row)));
      return { column, cells, width: Math.max(widthOf(column.title), ...cells.map(widthOf)) };
    });
    if (shrink(laid, width)) return laid;
    const least = chosen.reduce((most, { optional = 0 }) => Math.max(most, optional), 0);
    if (least === 0) return laid;
    chosen = chosen.filter(({ optional = 0 }) => optional !== least);
  }
}

/** Returns a line with the titles, and one for each row, without a line break at the end. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], screen: Screen): string {
  // A column that is empty in all rows is left out.
  const used = columns.filter((column) => rows.some((row) => column.text(row) !== ''));
  const laid = layOut(used, rows, screen.width);
  const line = (cell: (one: Laid<T>) => string, paint: (one: Laid<T>, text: string) => string): string =>
    laid
      .map((one, i) => {
        const text = shorten(cell(one), one.width, one.column.cut ?? 'end');
        const pad = ' '.repeat(Math.max(0, one.width - widthOf(text)));
        if (one.column.align === 'right') return pad + paint(one, text);
        return paint(one, text) + (i === laid.length - 1 ? '' : pad);
      })
      .join(' '.repeat(GAP));
  const lines = [
    line(
      ({ column }) => column.title,
      (_, text) => style(screen, 'dim', text),
    ),
  ];
  for (const [i, row] of rows.entries()) {
    lines.push(
      line(
        ({ cells }) => cells[i] as string,
        ({ column }, text) => {
          const color = column.color?.(row);
          return color === undefined ? text : style(screen, color, text);
        },
      ),
    );
  }
  return lines.map((text) => text.trimEnd()).join('\n');
}
