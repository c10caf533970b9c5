// Doctor: the addon, what it was built for, and whether it works when it is used.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { addonPath } from '../../engine/find-addon';
import type { Finding } from './checks';

function libc(): string {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined
    ? 'no glibc (musl?)'
    : `glibc ${header.glibcVersionRuntime}`;
}

function missing(text: string): Finding {
  return {
    verdict: 'bad',
    what: 'addon',
    text: `${text} (${libc()})`,
    advice: 'Calls go to Node, and nothing ends them: docs/platforms.md says what works all the same.',
  };
}

async function works(): Promise<Finding> {
  const started = performance.now();
  try {
    const { configure } = require('../../index') as typeof import('../../index');
    const { stat } = require('../../fs/promises') as typeof import('../../fs/promises');
    // The call is made by a task: whether the system allows tasks is known once one was asked for.
    configure({ killable: 'always', inline: false });
    await stat(tmpdir(), { timeout: 5000 });
    const ms = performance.now() - started;
    return {
      verdict: 'ok',
      what: 'calls',
      text: `a stat of ${tmpdir()} came back after ${ms.toFixed(1)} ms`,
    };
  } catch (error) {
    return {
      verdict: 'bad',
      what: 'calls',
      text: `a stat of ${tmpdir()} fails: ${(error as Error).message}`,
    };
  }
}

function launcher(): Finding {
  try {
    const { launcher: find } = require('../../command/launcher') as typeof import('../../command/launcher');
    const path = find();
    if (existsSync(path)) return { verdict: 'ok', what: 'launcher', text: path };
  } catch {
    // Treated as if it were missing.
  }
  return {
    verdict: 'note',
    what: 'launcher',
    text: 'not found: pendingop/command needs it, and lookup() and runIsolated() then start processes as Node does',
    advice:
      'It lies beside the addon: reinstall the package, or set PENDINGOP_ADDON to an addon that has it.',
  };
}

export async function addonFindings(): Promise<Finding[]> {
  let loaded: typeof import('../../engine/addon');
  try {
    loaded = require('../../engine/addon') as typeof import('../../engine/addon');
  } catch (error) {
    return [missing((error as Error).message)];
  }
  const { absence, native } = loaded;
  if (absence !== undefined) return [missing(absence.message)];
  const call = await works();
  const { signal, killable } = native.counts();
  const tasks: Finding = killable
    ? { verdict: 'ok', what: 'tasks', text: 'workers can be killed one by one' }
    : {
        verdict: 'note',
        what: 'tasks',
        text: 'the system refuses tasks that can be killed (seccomp?): workers are threads everywhere',
        advice:
          'A call that waits on NFS or CIFS, or whose FUSE daemon hangs, is abandoned there, not killed. docs/security.md says which system calls a filter has to allow.',
      };
  return [
    { verdict: 'ok', what: 'addon', text: `${addonPath()}, ${libc()}` },
    call,
    tasks,
    { verdict: 'ok', what: 'signal', text: `${signal} makes workers leave the kernel` },
    launcher(),
  ];
}
