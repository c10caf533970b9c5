// The program that runs a helper process. It has to be Node: in a single executable application, `process.execPath` is
// the application, and an application that starts itself to look up a name would start itself again there, without end.

export interface NodeProgram {
  readonly file: string;
  /** Variables to add to the environment of the helper. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Set in the environment of every helper until its main program has begun. A process that finds it is an application
 * that was started in place of Node, however it was packed.
 */
export const HELPER_MARK = 'PENDINGOP_HELPER';

function refused(why: string): Error {
  return Object.assign(
    new Error(
      `lookup() and runIsolated() start helper processes with Node, and ${process.execPath} ${why}. ` +
        'Set the environment variable PENDINGOP_NODE to the path of a Node program',
    ),
    { code: 'ERR_HELPER_PROGRAM' },
  );
}

function isSingleExecutable(): boolean {
  try {
    return (require('node:sea') as { isSea(): boolean }).isSea();
  } catch {
    // Node before 20.12 has no such module.
    return false;
  }
}

/** Returns what has packed an application and Node into one program: pkg, nexe or NW.js. */
function packedBy(): string | undefined {
  const marked = process as { pkg?: unknown; __nexe?: unknown };
  if (marked.pkg !== undefined) return 'pkg';
  if (marked.__nexe !== undefined) return 'nexe';
  if (process.versions.nw !== undefined) return 'NW.js';
  return undefined;
}

/** @throws ERR_HELPER_PROGRAM if no program is known to be Node */
export function nodeProgram(): NodeProgram {
  if (process.env[HELPER_MARK] !== undefined) {
    throw refused('is an application: it was started as a helper process, and started one itself');
  }
  const named = process.env.PENDINGOP_NODE;
  if (named) return { file: named, env: {} };
  if (process.versions.electron !== undefined) {
    // With this variable Electron's program runs as Node, unless the application has turned that off (the fuse
    // runAsNode).
    return { file: process.execPath, env: { ELECTRON_RUN_AS_NODE: '1' } };
  }
  const packer = packedBy();
  if (packer !== undefined) throw refused(`is an application packed by ${packer}`);
  if (isSingleExecutable()) throw refused('is a single executable application');
  return { file: process.execPath, env: {} };
}
