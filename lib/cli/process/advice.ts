// What can be done about a wait: commands that a shell takes as they are, and sentences.
import type { Wait } from './find';
import type { ProcessView } from './look';

/** Returns the text as a word of a shell; undefined: bytes that are no UTF-8 are lost, so it would name something else. */
export function shellWord(text: string): string | undefined {
  if (text.includes('\ufffd')) return undefined;
  if (/^[\w./@+=:,-]+$/.test(text)) return text;
  // Nothing in it may move the cursor of the terminal on which it is shown. bash, zsh, ksh and BusyBox know $'…'.
  const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
  if (!unsafe.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const octal = (char: string): string =>
    [...Buffer.from(char)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const escaped = [...text].map((char) => (unsafe.test(char) || /['\\]/.test(char) ? octal(char) : char));
  return `$'${escaped.join('')}'`;
}

/** Returns the command that ends all calls on a mount; undefined: there is none. */
function abortOf({ pid, sharesMounts }: ProcessView, { mount }: Wait): string | undefined {
  const point = mount === undefined ? undefined : shellWord(mount.mountPoint);
  if (mount === undefined || !/^(fuse|nfs)/.test(mount.type)) return undefined;
  if (sharesMounts) return point === undefined ? undefined : `npx pendingop abort ${point}`;
  // The number of a FUSE connection is the same in all mount namespaces.
  if (mount.type.startsWith('fuse')) return `echo 1 > /sys/fs/fuse/connections/${mount.minor}/abort`;
  return point === undefined ? undefined : `nsenter -t ${pid} -m umount -f ${point}`;
}

export function adviceFor(
  view: ProcessView,
  place: string,
  waits: readonly Wait[],
  controlled: boolean,
): string[] {
  const [first] = waits as [Wait];
  const { mount, thread, file } = first;
  const advice: string[] = [];
  const word = shellWord(place);
  const ours = waits.some(({ role }) => role === 'pendingop');
  if (controlled && ours && place.startsWith('/') && word !== undefined)
    advice.push(`npx pendingop interrupt ${view.pid} ${word}   ends these calls alone`);
  const abort = abortOf(view, first);
  if (abort !== undefined) {
    advice.push(`${abort}   ends every call that waits there, of all processes`);
  } else if (mount !== undefined && /^(cifs|smb3)$/.test(mount.type)) {
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
