// The command line of the bench. It is parsed once, and passed to the process of every case.

/**
 * @typedef {object} Settings
 * @property {string[]} names  cases to run; empty = all
 * @property {boolean} quick   fewer and shorter slices: a look, not a measurement
 * @property {boolean} json
 * @property {boolean} check   exit 1 when a target is missed
 * @property {string} ours     'pendingop', or 'node' to put node:fs on both sides (checks the harness itself)
 * @property {string} one      the case that this process runs; '' in the process that prints the table
 * @property {string} folder   where the files are made
 * @property {number} rounds
 * @property {number} sliceMs
 */

export const usage = `usage: npm run bench -- [options] [case…]
  --quick      fewer and shorter slices
  --json       the rows as JSON instead of a table
  --check      exit 1 if a target is missed
  --list       the names of the cases
  --ours=node  node:fs on both sides: checks the harness, every ratio should be near 1`;

/** @param {string[]} argv @returns {Settings} */
export function parseArgs(argv) {
  const quick = argv.includes('--quick');
  /** @type {Settings} */
  const settings = {
    names: [],
    quick,
    json: false,
    check: false,
    ours: 'pendingop',
    one: '',
    folder: '',
    rounds: quick ? 7 : 21,
    sliceMs: quick ? 40 : 80,
  };
  for (const arg of argv) {
    const [name, value = ''] = splitOnce(arg);
    if (name === '--quick') continue;
    else if (name === '--json') settings.json = true;
    else if (name === '--check') settings.check = true;
    else if (name === '--ours' && (value === 'node' || value === 'pendingop')) settings.ours = value;
    else if (name === '--case') settings.one = value;
    else if (name === '--folder') settings.folder = value;
    else if (name === '--rounds' && Number(value) > 0) settings.rounds = Number(value);
    else if (name === '--slice' && Number(value) > 0) settings.sliceMs = Number(value);
    else if (arg.startsWith('-')) throw new Error(`unknown option ${arg}\n${usage}`);
    else settings.names.push(arg);
  }
  return settings;
}

/** @param {string} arg */
function splitOnce(arg) {
  const at = arg.indexOf('=');
  return at < 0 || !arg.startsWith('--') ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}
