// df: the usage of every mount; it does not hang.
import type { Command } from '../command';
import { ExitCode } from '../failure';
import { escaped } from '../screen/bytes';
import { type Column, table } from '../screen/table';
import { sizeText } from '../screen/units';
import { type Usage, usages } from './usages';

const isReal = ({ size, stalled, error }: Usage): boolean => size > 0 || stalled || error !== undefined;

const percent = ({ size, used, available }: Usage): string =>
  size === 0 ? '' : `${Math.ceil((100 * used) / Math.max(1, used + available))}%`;

const blank =
  (text: (usage: Usage) => string) =>
  (usage: Usage): string =>
    usage.size === 0 ? '' : text(usage);

const COLUMNS: Column<Usage>[] = [
  { title: 'MOUNTED ON', text: ({ name }) => escaped(name), least: 10, cut: 'start', color: colorOf },
  { title: 'USE', text: percent, align: 'right', optional: 3 },
  { title: 'AVAIL', text: blank(({ available }) => sizeText(available)), align: 'right' },
  { title: 'USED', text: blank(({ used }) => sizeText(used)), align: 'right', optional: 4 },
  { title: 'SIZE', text: blank(({ size }) => sizeText(size)), align: 'right', optional: 5 },
  { title: 'TYPE', text: ({ type }) => type, optional: 2 },
  { title: 'STATE', text: stateOf, color: colorOf },
  { title: 'SOURCE', text: ({ source }) => source, least: 8, cut: 'start', optional: 6 },
];

function stateOf({ stalled, error }: Usage): string {
  if (stalled) return 'STALLED';
  return error === undefined ? '' : /^E[A-Z0-9]+$/.test(error) ? error : 'failed';
}

function colorOf({ stalled, error }: Usage): 'red' | 'yellow' | undefined {
  if (stalled) return 'red';
  return error === undefined ? undefined : 'yellow';
}

export const df: Command = {
  name: 'df',
  words: '',
  summary: 'usage of every mount; one that does not answer is marked and does not hold up the rest',
  details: `Asks all mounts at the same time, each for at most --timeout ms (default: 1000). Those that hold no files (proc, sysfs …)
are left out without --all. Exit status 1: a mount is stalled.`,
  options: ['json', 'watch', 'all', 'timeout'],
  least: 0,
  most: 0,
  async run({ all, timeout }) {
    const found = await usages(timeout);
    const shown = all ? found : found.filter(isReal);
    const json = shown.map(({ mountPoint, name, error, ...rest }) => ({
      ...{ mountPoint, escaped: escaped(name) },
      ...rest,
      error: error ?? null,
    }));
    const code = found.some(({ stalled }) => stalled) ? ExitCode.hangs : ExitCode.fine;
    return { json, text: (screen) => table(COLUMNS, shown, screen), code };
  },
};
