// The findings of `doctor`, in the order in which things go wrong.
import { release } from 'node:os';
import { MountList } from '../process/mount-list';
import { isRemoteType } from '../process/verdict';
import { addonFindings } from './addon';
import { copiesFinding } from './copies';
import { systemFindings } from './system';

export interface Finding {
  readonly verdict: 'ok' | 'note' | 'bad';
  readonly what: string;
  readonly text: string;
  readonly advice?: string;
}

function nodeFinding(): Finding {
  const { version, versions, platform, arch } = process;
  const text = `${version} on ${platform}-${arch}, libuv ${versions.uv}, kernel ${release()}`;
  const old = Number(versions.node.split('.')[0]) < 20;
  return {
    verdict: old ? 'bad' : 'ok',
    what: 'node',
    text,
    ...(old && { advice: 'Node 20 or later is needed.' }),
  };
}

/** Node's permission model: `--permission` or, in Node 20, `--experimental-permission`. */
function permissionFinding(): Finding[] {
  const on = (process as { permission?: unknown }).permission !== undefined;
  if (!on) return [];
  return [
    {
      verdict: 'note',
      what: 'permissions',
      text: "Node's permission model is on: it refuses addons without --allow-addons",
      advice: 'docs/fs-promises.md, "What differs from Node", says what the package does under it.',
    },
  ];
}

const WORKS: Record<string, string> = {
  signal: 'calls that wait there can be interrupted',
  kill: 'calls that wait there can be ended by the end of their worker',
  abort: 'no call that waits there can be ended alone: `pendingop abort` ends all of them',
  none: 'a call that waits there can only be abandoned: nothing but the server ends it',
};

function mountFindings(): Finding[] {
  let ends: (point: string) => string | undefined;
  try {
    const { mounts } = require('../../index') as typeof import('../../index');
    const listed = new Map(mounts.list().map((mount) => [mount.mountPoint, mount.canInterrupt]));
    ends = (point) => listed.get(point);
  } catch {
    return [];
  }
  return MountList.of(process.pid)
    .visible()
    .filter(({ type }) => isRemoteType(type))
    .map(({ mountPoint, type }): Finding => {
      const can = ends(mountPoint) ?? 'none';
      const mild = can === 'signal' || can === 'kill';
      return { verdict: mild ? 'ok' : 'note', what: 'mount', text: `${mountPoint} (${type}): ${WORKS[can]}` };
    });
}

export async function checks(): Promise<Finding[]> {
  return [
    nodeFinding(),
    ...(await addonFindings()),
    ...systemFindings(),
    ...copiesFinding(process.cwd()),
    ...permissionFinding(),
    ...mountFindings(),
  ];
}
