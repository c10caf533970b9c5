// abort: ends the connection of a file system, and with it all calls that wait there.
import type { Command } from '../command';
import { CliError, ExitCode } from '../failure';
import { printable } from '../screen/style';
import { mountsOf } from './mounts-of';

export const abort: Command = {
  name: 'abort',
  words: '<mount>',
  summary: 'end the connection of a FUSE or NFS mount, and every call that waits there',
  details: `Calls of all processes on the mount end with an error, as \`umount -f\` and /sys/fs/fuse/connections/N/abort do it. A FUSE
file system answers ENOTCONN until it is mounted again. Needs root, or for FUSE the user who mounted it.`,
  options: ['json'],
  least: 1,
  most: 1,
  async run({ words }) {
    const [mount = ''] = words;
    try {
      await mountsOf().abort(mount);
    } catch (error) {
      throw new CliError((error as Error).message);
    }
    return {
      json: { aborted: mount },
      text: () => `Aborted ${printable(mount)}: what waited there has ended.`,
      code: ExitCode.fine,
    };
  },
};
