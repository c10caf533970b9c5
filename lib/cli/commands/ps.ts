// ps: what processes wait for.
import { type Command, pidOf, type Report } from '../command';
import { ExitCode } from '../failure';
import { isHalted } from '../process/condition';
import { interesting, noProcess, processNamed, type Seen, see } from '../process/view';
import { viewJson } from '../ps/json';
import { oldestOf } from '../ps/tables';
import { processesText, processText } from '../ps/text';

/** ms. Something that waits for so long hangs. */
const LONG = 1000;

const isHanging = (one: Seen): boolean => (oldestOf(one) ?? 0) >= LONG || isHalted(one.view.condition);

/** Returns whether nothing of what the process waits for could be seen. */
const isHidden = ({ view, ops }: Seen): boolean =>
  view.refused !== undefined &&
  view.waits.length === 0 &&
  ops === undefined &&
  view.condition.state === 'runs';

const codeOf = (seen: readonly Seen[]): number => (seen.some(isHanging) ? ExitCode.hangs : ExitCode.fine);

async function all(): Promise<Report> {
  const seen = (await Promise.all(interesting().map((pid) => see(pid)))).flatMap((one) => one ?? []);
  seen.sort((a, b) => (oldestOf(b) ?? -1) - (oldestOf(a) ?? -1));
  return { json: seen.map(viewJson), text: (screen) => processesText(seen, screen), code: codeOf(seen) };
}

export const ps: Command = {
  name: 'ps',
  words: '[pid]',
  summary: 'what processes wait for in the kernel, and on which mount',
  details: `Without a pid: the processes of Node's that you may look at, the longest wait first, and a sentence for each place
that something waits on. With one: its threads that wait, in which call, on which file and mount, for how long; the
process need not know of pendingop, nor be one of Node's. Where it was started with PENDINGOP_CONTROL=1, its calls
are listed too, those that no thread has yet included. Exit status 1: something has waited for a second or longer, or
a process is stopped, frozen or held by a debugger; 3: the calls of the process may not be read.`,
  options: ['json', 'watch', 'all'],
  least: 0,
  most: 1,
  async run(args) {
    const [word] = args.words;
    if (word === undefined) return all();
    const pid = processNamed(pidOf(word));
    let seen = await see(pid);
    // A process that ends shows nothing, either. By the next look it has ended.
    if (seen !== undefined && isHidden(seen)) seen = await see(pid);
    if (seen === undefined) throw noProcess(pid);
    const code = isHidden(seen) ? ExitCode.cannot : codeOf([seen]);
    return { json: viewJson(seen), text: (screen) => processText(seen, screen, args.all), code };
  },
};
