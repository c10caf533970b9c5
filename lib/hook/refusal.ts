// Runtimes that have a node:fs, and in which the hook would do nothing, or harm.

interface Versions {
  readonly bun?: string;
  readonly deno?: string;
}

/** Why the hook cannot be in a runtime of these versions; undefined in Node. */
function reasonIn({ bun, deno }: Versions): string | undefined {
  if (bun !== undefined)
    return `Bun ${bun} does not show the text of its node:fs, by which the hook tells the runtime's own functions from what others have put in their place`;
  // A number of Deno's would be taken for a descriptor of the system, which may be another file's.
  if (deno !== undefined)
    return `the descriptors of Deno ${deno}'s node:fs are numbers of its own, which mean other files to the system`;
  return undefined;
}

const refusal = (reason: string): Error =>
  Object.assign(
    new Error(
      `pendingop/register cannot hook this program: ${reason}. Import pendingop/fs or pendingop/fs/promises in the place of node:fs.`,
    ),
    { code: 'ERR_PENDINGOP_HOOK' },
  );

/** Throws where the hook cannot be. */
export function refuseOtherRuntimes(versions: NodeJS.ProcessVersions): void {
  const reason = reasonIn(versions as Versions);
  if (reason !== undefined) throw refusal(reason);
}
