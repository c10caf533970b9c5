// doctor: whether the package works here, how much of it, and what is in its way.
import type { Command } from '../command';
import { checks, type Finding } from '../doctor/checks';
import { ExitCode } from '../failure';
import { printable, type Screen, style, widthOf, wrap } from '../screen/style';

const MARKS = { ok: ['green', 'ok'], note: ['yellow', 'note'], bad: ['red', 'BAD'] } as const;

function line({ verdict, what, text, advice }: Finding, screen: Screen, widest: number): string {
  const [color, word] = MARKS[verdict];
  const indent = 6;
  const title = what.padEnd(widest + what.length - widthOf(what));
  const lines = wrap(
    `${title}  ${printable(text)}`,
    screen.width - indent,
    ' '.repeat(Math.min(widest + 2, 8)),
  );
  const marked =
    style(screen, color, word.padEnd(indent)) + lines.replaceAll('\n', `\n${' '.repeat(indent)}`);
  if (advice === undefined) return marked;
  return `${marked}\n${' '.repeat(indent)}${wrap(`→ ${printable(advice)}`, screen.width - indent, ' '.repeat(8))}`;
}

export const doctor: Command = {
  name: 'doctor',
  words: '',
  summary: 'whether the package works here, how far, and what stands in its way',
  details: `Looks at the addon and its build, the C library, tasks that can be killed, limits, the container, the kernel, copies of
the package in the tree of the current folder, Node's permission model, and each mount that is remote or lies on a
remote one. Touches no mount. Exit status 1: something is BAD.`,
  portable: true,
  options: ['json'],
  least: 0,
  most: 0,
  async run() {
    const findings = await checks();
    const widest = Math.max(...findings.map(({ what }) => widthOf(what)));
    const code = findings.some(({ verdict }) => verdict === 'bad') ? ExitCode.hangs : ExitCode.fine;
    return {
      json: findings,
      text: (screen) => findings.map((one) => line(one, screen, widest)).join('\n'),
      code,
    };
  },
};
