// Shows something again and again: on a terminal in the same place, elsewhere one look below the other.
import type { Report } from '../command';
import { jsonText } from './json';
import { type Screen, screenOf, UNLIMITED } from './style';

const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const ALTERNATE = '\u001b[?1049h\u001b[?25l';
const NORMAL = '\u001b[?25h\u001b[?1049l';

let inAlternate = false;

function leaveAlternate(): void {
  if (inAlternate) process.stdout.write(NORMAL);
  inAlternate = false;
}

/** Switches to the alternate screen. The terminal drops it at the end, however the process ends. */
export function enterAlternate(): void {
  if (inAlternate) return;
  inAlternate = true;
  process.stdout.write(ALTERNATE);
  process.once('exit', leaveAlternate);
}

/** Writes a whole screen at once. Lines beyond its height are left out. */
export function redraw(text: string, screen: Screen): void {
  const lines = text.split('\n').slice(0, screen.height);
  process.stdout.write(`${HOME}${lines.join(`${CLEAR_LINE}\n`)}${CLEAR_LINE}${CLEAR_BELOW}`);
}

/** Looks until Ctrl-C or SIGTERM, or until what is looked at has ended. Resolves to the exit code of the last look. */
export async function watch(look: () => Promise<Report>, seconds: number, json: boolean): Promise<number> {
  let wake: () => void = () => undefined;
  let ended = false;
  const end = (): void => {
    ended = true;
    wake();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  let code = 0;
  while (!ended) {
    const report = await look();
    code = report.code;
    const screen = screenOf(process.stdout, process.env);
    if (json) {
      process.stdout.write(`${jsonText(report.json)}\n`);
    } else if (screen.isTerminal) {
      enterAlternate();
      redraw(`${new Date().toLocaleTimeString()}\n\n${report.text(screen)}`, screen);
    } else {
      process.stdout.write(`${report.text({ ...screen, height: UNLIMITED })}\n\n`);
    }
    if (ended) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, seconds * 1000);
    });
  }
  leaveAlternate();
  return code;
}
