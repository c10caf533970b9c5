// interrupt: ends calls of a running process, by path or by op.
import { resolve } from 'node:path';
import { type Command, pidOf } from '../command';
import { ControlClient, PATIENCE } from '../control/client';
import { CliError, ExitCode } from '../failure';
import { processNamed } from '../process/view';
import { table } from '../screen/table';

/** Outcomes of calls that have not ended. */
const NOT_YET: ReadonlySet<string> = new Set(['abandoned', 'deferred', 'unknown']);

const outcomeText = (outcome: string): string =>
  outcome === 'deferred' ? 'deferred: the event loop is blocked, and ends it when it next turns' : outcome;

export const interrupt: Command = {
  name: 'interrupt',
  words: '<pid> <path|op>',
  summary: 'end the calls of a process below a path, or one by its OP of `ps`',
  details: `The process must have its control socket open (PENDINGOP_CONTROL=1, or configure({ control: true })). Each call ends as
interrupt() of the package ends it: \`cancelled\`, \`interrupted\`, \`killed\`, \`abandoned\` or \`completed\`; its caller gets an
InterruptError. A command, a task and trackOp() are ended by their event loop: while that is blocked the outcome is
\`deferred\`, and they are ended when the loop next turns. Exit status 1: there was no such call, or one
is \`abandoned\` (its caller is free, the kernel still has it), \`deferred\` or \`unknown\`.`,
  options: ['json', 'grace'],
  least: 2,
  most: 2,
  async run({ words, grace }) {
    const [pidWord = '', what = ''] = words;
    const pid = processNamed(pidOf(pidWord));
    const client = await ControlClient.connect(pid);
    if (client === undefined)
      throw new CliError(`Process ${pid} has no control socket that you may use.
Start it with PENDINGOP_CONTROL=1 in its environment and with the package loaded, for example
  npx pendingop run -- node app.js
A mount that hangs can be ended without it: npx pendingop abort <mount>`);
    const more = /^(\d+|loop)\.\d+$/.test(what) ? { op: what } : { under: resolve(what) };
    const answer = await client
      .ask('interrupt', grace === undefined ? more : { ...more, grace }, PATIENCE + (grace ?? 0))
      .finally(() => client.close());
    if (!answer.ok)
      throw new CliError(
        answer.error ??
          `Process ${pid} refused the interrupt${answer.code === undefined ? '' : ` (${answer.code})`}, and gave no reason.`,
      );
    const outcomes = answer.outcomes ?? [];
    const freed = outcomes.length > 0 && outcomes.every(({ outcome }) => !NOT_YET.has(outcome));
    const columns = [
      { title: 'OP', text: ({ op }: (typeof outcomes)[number]) => op },
      { title: 'OUTCOME', text: ({ outcome }: (typeof outcomes)[number]) => outcomeText(outcome) },
    ];
    return {
      json: outcomes,
      text: (screen) =>
        outcomes.length === 0 ? `Process ${pid} has no call there.` : table(columns, outcomes, screen),
      code: freed ? ExitCode.fine : ExitCode.hangs,
    };
  },
};
