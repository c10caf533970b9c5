// interrupt: ends calls of a running process, by path or by op.
import { resolve } from 'node:path';
import { type Command, pidOf } from '../command';
import { type ControlAnswer, ControlClient, PATIENCE } from '../control/client';
import { CliError, ExitCode } from '../failure';
import { processNamed } from '../process/view';
import { unescaped } from '../screen/bytes';
import { table } from '../screen/table';

/** Outcomes of calls that have not ended. */
const NOT_YET: ReadonlySet<string> = new Set(['abandoned', 'deferred', 'unknown']);

const outcomeText = (outcome: string): string =>
  outcome === 'deferred' ? 'deferred: the event loop is blocked, and ends it when it next turns' : outcome;

/** Returns the paths that the word may mean: the one that is printed so comes first, as for `abort`. */
const namesOf = (word: string): string[] =>
  [...new Set([unescaped(word), word])].map((name) => resolve(name));

/** Interrupts the calls of the first target that has any. */
async function interruptFirst(
  client: ControlClient,
  targets: readonly Record<string, unknown>[],
  grace: number | undefined,
): Promise<ControlAnswer> {
  const ask = (target: Record<string, unknown> | undefined): Promise<ControlAnswer> =>
    client.ask('interrupt', { ...target, ...(grace !== undefined && { grace }) }, PATIENCE + (grace ?? 0));
  const [first, second] = targets;
  const answer = await ask(first);
  return second === undefined || !answer.ok || answer.outcomes?.length !== 0 ? answer : ask(second);
}

export const interrupt: Command = {
  name: 'interrupt',
  words: '<pid> <path|op>',
  summary: 'end the calls of a process below a path, or one by its OP of `ps`',
  details: `The process must have its control socket open (PENDINGOP_CONTROL=1, or configure({ control: true })). Each call ends as
interrupt() of the package ends it: \`cancelled\`, \`interrupted\`, \`killed\`, \`abandoned\` or \`completed\`; its caller gets an
InterruptError. A command, a task and trackOp() are ended by their event loop: while that is blocked the outcome is
\`deferred\`, and they are ended when the loop next turns. Exit status 1: there was no such call, or one
is \`abandoned\` (its caller is free, the kernel still has it), \`deferred\` or \`unknown\`. Bytes of the path that are no
UTF-8 are given as \\ and three octal digits, as for \`abort\`.`,
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
    const isOp = /^(\d+|loop)\.\d+$/.test(what);
    const targets = isOp ? [{ op: what }] : namesOf(what).map((under) => ({ under }));
    let answer: ControlAnswer;
    try {
      answer = await interruptFirst(client, targets, grace);
    } finally {
      client.close();
    }
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
