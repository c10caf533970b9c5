// Searches the states of test/model/schedule.pml with spin. The model itself must have no violation, and each of its
// mutants must have one.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireToolchain } from './bootstrap.mjs';
import { ci, Failure, mustRun, root, run, which } from './tools.mjs';

const model = join(root, 'test/model/schedule.pml');
// A mutant that only a kill by another process can reveal is searched without the supervisor's kills.
const fewer = { MUTANT_NO_SECOND_WAKE: ['-DKILLS=0'] };

/** Returns whether spin finds a violation. */
async function violates(name, defines) {
  const folder = join(root, 'build/model', name);
  mkdirSync(folder, { recursive: true });
  const quiet = { quiet: true, cwd: folder };
  await mustRun('spin', 'spin', [...defines, '-a', model], quiet);
  await mustRun('the compiler', 'cc', ['-O2', '-w', '-DSAFETY', '-DCOLLAPSE', '-o', 'pan', 'pan.c'], quiet);
  const { code, text } = await run(join(folder, 'pan'), ['-m200000', '-c1'], { collect: true, cwd: folder });
  const errors = /errors: (\d+)/.exec(text);
  if (code !== 0 || errors === null || text.includes('max search depth'))
    throw new Failure(`${name}:\n${text}`);
  return Number(errors[1]) > 0;
}

export async function modelTest() {
  requireToolchain();
  if (!which('spin')) {
    if (ci) throw new Failure('spin is missing: apt-get install spin');
    return { passed: 0, failed: 0, skipped: ['the model of the scheduler: no spin (apt-get install spin)'] };
  }
  const mutants = [...new Set(readFileSync(model, 'utf8').match(/MUTANT_[A-Z_]*[A-Z]/g))];
  let failed = 0;
  const expect = async (name, defines, expected) => {
    if ((await violates(name, defines)) === expected) return;
    failed++;
    console.error(`${name}: spin found ${expected ? 'no violation' : 'a violation'}`);
  };
  await expect('as-it-is', [], false);
  for (const mutant of mutants) await expect(mutant, [`-D${mutant}`, ...(fewer[mutant] ?? [])], true);
  return { passed: 1 + mutants.length - failed, failed };
}
