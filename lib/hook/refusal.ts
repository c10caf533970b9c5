// Runtimes that have a node:fs, but in which the hook would do nothing, or do harm.

interface Versions {
  readonly bun?: string;
  readonly deno?: string;
}

/** Returns why the hook cannot work in a runtime of these versions; undefined in Node. */
function reasonIn({ bun, deno }: Versions): string | undefined {
  if (bun !== undefined)
    return `Bun ${bun} does not show the text of its node:fs, which the hook needs to tell the runtime's own functions from replacements by other packages`;
  // A number from Deno's node:fs would be used as a descriptor of the system, which may belong to another file.
  if (deno !== undefined)
    return `the descriptors of Deno ${deno}'s node:fs are numbers of its own, which mean other files to the system`;
  return undefined;
}

const refusal = (reason: string): Error =>
  Object.assign(
    new Error(
      `pendingop/register cannot hook this program: ${reason}. Import pendingop/fs or pendingop/fs/promises instead of node:fs.`,
    ),
    { code: 'ERR_PENDINGOP_HOOK' },
  );

/** Throws ERR_PENDINGOP_HOOK if the hook cannot work in this runtime. */
export function refuseOtherRuntimes(versions: NodeJS.ProcessVersions): void {
  const reason = reasonIn(versions as Versions);
  if (reason !== undefined) throw refusal(reason);
}
