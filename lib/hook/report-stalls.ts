// PENDINGOP_REPORT_STALLS=5000: writes a line to standard error for each op and each mount that stalls, and for each
// that goes on again.
import { writeSync } from 'node:fs';
import { quoted } from '../call/describe';
import { onPending } from '../call/events';
import type { PendingOp } from '../call/pending-op';
import { settings } from '../engine/settings';
import { mounts } from '../mounts';
import { onStall } from '../table/stall';

function say(text: string): void {
  try {
    writeSync(2, `pendingop: ${text}\n`);
  } catch {
    // Standard error is closed.
  }
}

/** Returns the first of the caller's stack frames, for one line of a log. */
function where({ stack }: PendingOp): string {
  const frame = stack?.split('\n').find((line) => line.trim().startsWith('at '));
  return frame === undefined ? '' : `, called ${frame.trim()}`;
}

/** @param after ms in the kernel after which an op counts as stalled */
export function reportStalls(after: number): void {
  settings.captureStacks = true;
  const told = new Set<number>();
  onStall({ after }, (op) => {
    told.add(op.id);
    say(`stalled: ${op}${where(op)}`);
  });
  onPending(({ type, op, outcome }) => {
    // An abandoned op ends twice: for its caller now, and later, when the kernel releases it.
    const isOver = type === 'release' || (type === 'end' && outcome !== 'abandoned');
    if (type === 'end' && outcome === 'abandoned' && told.has(op.id)) say(`abandoned: ${op}`);
    if (isOver && told.delete(op.id))
      say(`goes on: #${op.id} ${op.fn()} ${quoted(op.pathname())} (${outcome ?? 'completed'})`);
  });
  mounts.on('mount-stalled', ({ mountPoint, type, stuck }) =>
    say(`mount stalled: ${quoted(mountPoint)} (${type}), ${stuck} calls stuck`),
  );
  mounts.on('mount-recovered', ({ mountPoint, type }) =>
    say(`mount recovered: ${quoted(mountPoint)} (${type})`),
  );
}
