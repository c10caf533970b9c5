// What can be done about a wait: commands that a shell takes as they are, and sentences.

import { escaped, hasBytes, inOctal, MOVES } from '../screen/bytes';
import type { Wait } from './find';
import type { ProcessView } from './look';
import type { MountEntry } from './mount-list';

/** Returns the text as a word of a shell; undefined: bytes that are no UTF-8 are lost, so it would name something else. */
export function shellWord(text: string): string | undefined {
  if (text.includes('\ufffd')) return undefined;
  if (/^[\w./@+=:,-]+$/.test(text)) return text;
  // Nothing in it may move the cursor of the terminal on which it is shown. bash, zsh, ksh and BusyBox know $'…'.
  if (!MOVES.test(text) && !hasBytes(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `$'${inOctal(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}'\\]/u)}'`;
}

/** Returns the command that ends all calls on a mount; undefined: there is none. */
function abortOf({ pid, sharesMounts }: ProcessView, mount: MountEntry | undefined): string | undefined {
  if (mount === undefined || !/^(fuse|nfs)/.test(mount.type)) return undefined;
  if (sharesMounts) return `npx pendingop abort ${shellWord(escaped(mount.mountPoint))}`;
  const point = shellWord(mount.mountPoint);
  // The number of a FUSE connection is the same in all mount namespaces.
  if (mount.type.startsWith('fuse')) return `echo 1 > /sys/fs/fuse/connections/${mount.minor}/abort`;
  return point === undefined ? undefined : `nsenter -t ${pid} -m umount -f ${point}`;
}

export function adviceFor(
  view: ProcessView,
  place: string,
  waits: readonly Wait[],
  remote: MountEntry | undefined,
  controlled: boolean,
): string[] {
  const [first] = waits as [Wait];
  const { thread, file } = first;
  const advice: string[] = [];
  const word = shellWord(escaped(place));
  const ours = waits.some(({ role, abandoned }) => role === 'pendingop' && !abandoned);
  if (controlled && ours && place.startsWith('/') && word !== undefined)
    advice.push(`npx pendingop interrupt ${view.pid} ${word}   ends these calls alone`);
  const abort = abortOf(view, remote);
  if (abort !== undefined) {
    advice.push(`${abort}   ends every call that waits there, of all processes`);
  } else if (remote !== undefined && /^(cifs|smb3)$/.test(remote.type)) {
    advice.push('Nothing frees these calls but the server, or the end of the process');
  } else if (/^wait_for_partner/.test(thread.wchan) && file?.startsWith('/')) {
    const path = shellWord(view.sharesMounts ? file : `/proc/${view.pid}/root${file}`);
    if (path !== undefined)
      advice.push(`: <> ${path}   opens both ends of the FIFO for a moment, which frees who waits`);
  }
  if (waits.some(({ role }) => role === 'pool'))
    advice.push('npx pendingop run -- node app.js   next time: such calls can be listed and interrupted');
  return advice;
}
