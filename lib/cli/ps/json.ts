// What `ps --json` prints of a process.
import { isRemoteType } from '../process/remote';
import type { Seen } from '../process/view';

/** Returns the view for JSON. Numbers of 64 bits are text. */
export function viewJson({ view, verdicts, ops }: Seen): Record<string, unknown> {
  return {
    pid: view.pid,
    name: view.name,
    uid: view.uid,
    node: view.isNode,
    state: view.condition.state,
    control: ops !== undefined,
    refused: view.refused ?? null,
    verdicts: verdicts.map(({ place, threads, poolThreads, ms, text, advice }) => ({
      place,
      threads,
      poolThreads,
      ms: ms ?? null,
      text,
      advice,
    })),
    waits: view.waits.map(({ thread, waitedMs, atLeast, role, file, dest, fd, mount, mountGuessed }) => ({
      thread: thread.tid,
      name: thread.name,
      role,
      state: thread.state,
      call: thread.call ?? null,
      wchan: thread.wchan,
      ms: waitedMs,
      atLeast,
      file: file ?? null,
      dest: dest ?? null,
      fd: fd ?? null,
      mount: mount?.mountPoint ?? null,
      type: mount?.type ?? null,
      source: mount?.source ?? null,
      remote: mount === undefined ? null : isRemoteType(mount.type),
      mountGuessed,
    })),
    threads: view.threads.map((thread) => ({
      thread: thread.tid,
      name: thread.name,
      role: view.roles.get(thread.tid),
      state: thread.state,
      call: thread.call ?? null,
      wchan: thread.wchan,
    })),
    ops: ops ?? null,
  };
}
