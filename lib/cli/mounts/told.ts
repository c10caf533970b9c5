// What the processes with a control socket say of their mounts.
import { ControlClient, type ControlMount } from '../control/client';
import { socketsOf } from '../control/place';

/** ms. One that is stopped does not answer, and its pid need not be one that can be seen from here. */
const PATIENCE = 1000;

/** Asks the processes with a control socket for their mounts. If they differ about a mount, the worst answer counts. */
export async function toldBy(): Promise<Map<string, ControlMount>> {
  const told = new Map<string, ControlMount>();
  const uid = process.geteuid?.() ?? 0;
  await Promise.all(
    socketsOf(uid).map(async (path) => {
      const client = await ControlClient.open(path);
      try {
        for (const mount of (await client?.ask('mounts', {}, PATIENCE))?.mounts ?? []) {
          const before = told.get(mount.mountPoint);
          if (before === undefined || mount.stuck > before.stuck) told.set(mount.mountPoint, mount);
        }
      } catch {
        // The process has ended meanwhile, or is stopped.
      } finally {
        client?.close();
      }
    }),
  );
  return told;
}
