// The findings of `doctor`, in the order in which things usually fail.
import { release } from 'node:os';
import { addonFindings } from './addon';
import { copiesFinding } from './copies';
import { mountFindings } from './mounts';
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

/** Node's permission model: `--permission`, in Node 20 `--experimental-permission`. */
function permissionFinding(): Finding[] {
  const on = (process as { permission?: unknown }).permission !== undefined;
  if (!on) return [];
  return [
    {
      verdict: 'note',
      what: 'permissions',
      text: "Node's permission model is on: it refuses addons without --allow-addons, and commands without --allow-child-process",
      advice:
        'The package asks it before each call, and fails as Node does: docs/fs-promises.md, "What differs from Node".',
    },
  ];
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
