// What the processes with a control socket say of their mounts.
import { ControlClient, type ControlMount } from '../control/client';
import { socketsOf } from '../control/place';
import type { MountEntry } from '../process/mount-list';

/** By device and mount point. */
type Told = ReadonlyMap<string, ControlMount>;

/** ms. One that is stopped does not answer, and its pid need not be one that can be seen from here. */
const PATIENCE = 1000;

/** A process in another mount namespace may have another mount at the same place. */
const keyOf = ({ mountPoint, device }: ControlMount): string => `${device} ${mountPoint}`;

/** Returns what was told of a mount. */
export const toldOf = (told: Told, { major, minor, mountPoint }: MountEntry): ControlMount | undefined =>
  told.get(`${major}:${minor} ${mountPoint}`);

/** Asks the processes with a control socket for their mounts. If they differ about a mount, the worst answer counts. */
export async function toldBy(): Promise<Told> {
  const told = new Map<string, ControlMount>();
  const uid = process.geteuid?.() ?? 0;
  await Promise.all(
    socketsOf(uid).map(async (path) => {
      const client = await ControlClient.open(path);
      try {
        for (const mount of (await client?.ask('mounts', {}, PATIENCE))?.mounts ?? []) {
          const before = told.get(keyOf(mount));
          if (before === undefined || mount.stuck > before.stuck) told.set(keyOf(mount), mount);
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
