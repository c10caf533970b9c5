// Makes docs/*.svg: the output of the command line for a program that hangs, from real output.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { main, root } from './tools.mjs';

const COLUMNS = 100;
const COLORS = { 1: '#ffffff', 2: '#8b949e', 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff' };
// biome-ignore lint/suspicious/noControlCharactersInRegex: what switches colours begins with one
const STYLE = /\u001b\[(\d+)m/;
const cli = join(root, 'dist/cli/main.js');

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** One line with its colours. @param {string} line @param {number} row */
function lineOf(line, row) {
  let color = '#e6edf3';
  const spans = line.split(STYLE).map((piece, i) => {
    if (i % 2 === 0) return piece === '' ? '' : `<tspan fill="${color}">${escaped(piece)}</tspan>`;
    color = COLORS[Number(piece)] ?? '#e6edf3';
    return '';
  });
  return `<text x="16" y="${28 + row * 18}" xml:space="preserve">${spans.join('')}</text>`;
}

/** @param {string} command @param {string} output */
function picture(command, output) {
  const lines = [`\u001b[2m$ npx pendingop ${command}\u001b[22m`, ...output.trimEnd().split('\n')];
  const height = 28 + lines.length * 18;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${COLUMNS * 8 + 32}" height="${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${lines.map(lineOf).join('\n')}
</svg>
`;
}

/** @param {readonly string[]} args */
function run(args) {
  const env = { ...process.env, FORCE_COLOR: '1', COLUMNS: String(COLUMNS), NO_COLOR: '' };
  try {
    return execFileSync(process.execPath, [cli, ...args], { env, encoding: 'utf8' });
  } catch (error) {
    return error.stdout;
  }
}

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'app-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const script = `for (let i = 0; i < 6; i++) require('node:fs').readFile(${JSON.stringify(join(folder, 'pipe'))}, () => {});
    setInterval(() => {}, 1000);`;
  const programs = [
    spawn(process.execPath, ['-e', script], { stdio: 'ignore' }),
    spawn(process.execPath, [cli, 'run', '--', process.execPath, '-e', script], { stdio: 'ignore' }),
  ];
  try {
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const pictures = {
      ps: ['ps', String(programs[0].pid)],
      top: [
        'top',
        readFileSync(`/proc/${programs[1].pid}/task/${programs[1].pid}/children`, 'utf8').trim(),
        '--once',
      ],
      df: ['df'],
      doctor: ['doctor'],
    };
    for (const [name, args] of Object.entries(pictures)) {
      // The folders of this machine mean nothing to others.
      const output = run(args)
        .replaceAll(root, '/app/node_modules/pendingop')
        .replaceAll(folder, '/srv/app')
        .replaceAll(/^.*(\/mnt\/|…|_unavailable|pid 1).*\n/gm, '')
        .replaceAll(release(), release().split('-')[0]);
      writeFileSync(join(root, `docs/${name}.svg`), picture(args.join(' '), output));
    }
  } finally {
    for (const program of programs) program.kill();
    rmSync(folder, { recursive: true });
  }
  return 0;
});
