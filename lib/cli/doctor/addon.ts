// Doctor: the addon, what it was built for, and whether it works when it is used.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from './checks';

const root = join(__dirname, '../../..');

function libc(): string {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined
    ? 'no glibc (musl?)'
    : `glibc ${header.glibcVersionRuntime}`;
}

/** The file that is loaded, as node-gyp-build finds it. */
function addonPath(): string {
  if (process.env.PENDINGOP_ADDON) return process.env.PENDINGOP_ADDON;
  const { resolve } = require('node-gyp-build') as { resolve(root: string): string };
  return resolve(root);
}

function missing(): Finding {
  let reason: string;
  try {
    reason = `it does not load: ${addonPath()}`;
  } catch (error) {
    reason = (error as Error).message.split('\n')[0] as string;
  }
  return {
    verdict: 'bad',
    what: 'addon',
    text: `${reason} (${process.platform}-${process.arch}, ${libc()})`,
    advice: 'docs/troubleshooting.md says how to build it for this platform.',
  };
}

async function works(): Promise<Finding> {
  const started = performance.now();
  try {
    const { stat } = require('../../fs/promises') as typeof import('../../fs/promises');
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
    // As if it were missing.
  }
  return {
    verdict: 'note',
    what: 'launcher',
    text: 'not found: pendingop/command, lookup() and runIsolated() need it',
  };
}

export async function addonFindings(): Promise<Finding[]> {
  let native: typeof import('../../engine/addon')['native'];
  try {
    native = (require('../../engine/addon') as typeof import('../../engine/addon')).native;
  } catch {
    return [missing()];
  }
  const call = await works();
  const { signal, killable } = native.counts();
  const tasks: Finding = killable
    ? { verdict: 'ok', what: 'tasks', text: 'workers can be killed one by one' }
    : {
        verdict: 'note',
        what: 'tasks',
        text: 'the system refuses tasks that can be killed (seccomp?): workers are threads everywhere',
        advice:
          'A call that waits on NFS or CIFS, or whose FUSE daemon hangs, is abandoned there, not killed.',
      };
  return [
    { verdict: 'ok', what: 'addon', text: `${addonPath()}, ${libc()}` },
    call,
    tasks,
    { verdict: 'ok', what: 'signal', text: `${signal} makes workers leave the kernel` },
    launcher(),
  ];
}
