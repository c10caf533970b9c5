// Which mount a path is on, by its text alone: a mount that hangs is never touched for it. Linux; elsewhere every
// mount is unknown.
import { readFileSync } from './fs/original';

/** Mount points by path. A later mount on the same point hides the one before. */
export class MountTable {
  readonly #points: ReadonlySet<string>;

  constructor(points: Iterable<string>) {
    this.#points = new Set(points);
  }

  /** The mount point that an absolute path is on; '' if unknown. */
  of(path: string): string {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      if (this.#points.has(at)) return at;
    }
    return path !== '' && this.#points.has('/') ? '/' : '';
  }
}

const none = new MountTable([]);
let text = '';
let table = none;

/** The table as it is now: a file of the kernel's own, made anew at each look, so only parsed when it has changed. */
export function mountTable(): MountTable {
  if (process.platform !== 'linux') return none;
  let now: string;
  try {
    // Bytes as they are: a mount point need not be UTF-8.
    now = readFileSync('/proc/self/mountinfo', 'latin1');
  } catch {
    return none;
  }
  if (now !== text) {
    table = new MountTable(parseMountPoints(now));
    text = now;
  }
  return table;
}

/** The fifth field of each line; space, tab, newline and backslash are written in octal (proc(5)). */
export function parseMountPoints(mountinfo: string): string[] {
  const points: string[] = [];
  for (const line of mountinfo.split('\n')) {
    const field = line.split(' ', 5)[4];
    if (field === undefined) continue;
    const bytes = field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    points.push(Buffer.from(bytes, 'latin1').toString());
  }
  return points;
}
