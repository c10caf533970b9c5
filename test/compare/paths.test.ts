import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { both, type Fsp, relayout, type Settled, settle, tree } from './harness';

/* Every function that takes a path, with every form of path. */

type PathLike = string | Buffer | URL;
type Call = (fsp: Fsp, path: PathLike, dir: string) => Promise<unknown>;

const closed = async (opening: Promise<{ close(): Promise<void> }>): Promise<void> => (await opening).close();

const reading: Record<string, Call> = {
  access: (fsp, p) => fsp.access(p),
  'access W_OK': (fsp, p) => fsp.access(p, fsp.constants.W_OK),
  lstat: (fsp, p) => fsp.lstat(p),
  open: (fsp, p) => closed(fsp.open(p)),
  'open r+': (fsp, p) => closed(fsp.open(p, 'r+')),
  opendir: (fsp, p) => closed(fsp.opendir(p as string)),
  readFile: (fsp, p) => fsp.readFile(p),
  readdir: (fsp, p) => fsp.readdir(p),
  'readdir types': (fsp, p) => fsp.readdir(p, { withFileTypes: true }),
  'readdir recursive': (fsp, p) => fsp.readdir(p, { recursive: true }),
  readlink: (fsp, p) => fsp.readlink(p),
  realpath: (fsp, p) => fsp.realpath(p),
  stat: (fsp, p) => fsp.stat(p),
  'stat bigint': (fsp, p) => fsp.stat(p, { bigint: true }),
  statfs: async (fsp, p) => Object.keys(await fsp.statfs(p)),
};

const changeable = new Set(
  ['lstat', 'stat', 'stat bigint', 'readdir', 'readdir types'].map((name) => reading[name]),
);

const changing: Record<string, Call> = {
  appendFile: (fsp, p) => fsp.appendFile(p, 'x'),
  chmod: (fsp, p) => fsp.chmod(p, 0o700),
  chown: (fsp, p) => fsp.chown(p, -1, -1),
  'copyFile from': (fsp, p, dir) => fsp.copyFile(p, `${dir}/new`),
  'copyFile to': (fsp, p, dir) => fsp.copyFile(`${dir}/file.txt`, p),
  'cp from': (fsp, p, dir) => fsp.cp(p as string, `${dir}/new`, { recursive: true }),
  'cp to': (fsp, p, dir) => fsp.cp(`${dir}/file.txt`, p as string),
  lchown: (fsp, p) => fsp.lchown(p, -1, -1),
  'link from': (fsp, p, dir) => fsp.link(p, `${dir}/new`),
  'link to': (fsp, p, dir) => fsp.link(`${dir}/file.txt`, p),
  lutimes: (fsp, p) => fsp.lutimes(p, 1, 2),
  mkdir: (fsp, p) => fsp.mkdir(p),
  'mkdir recursive': (fsp, p) => fsp.mkdir(p, { recursive: true }),
  mkdtemp: async (fsp, p) => String(await fsp.mkdtemp(p as string)).slice(0, -6),
  'open wx': (fsp, p) => closed(fsp.open(p, 'wx')),
  'rename from': (fsp, p, dir) => fsp.rename(p, `${dir}/new`),
  'rename to': (fsp, p, dir) => fsp.rename(`${dir}/file.txt`, p),
  rm: (fsp, p) => fsp.rm(p),
  'rm force': (fsp, p) => fsp.rm(p, { force: true }),
  'rm recursive': (fsp, p) => fsp.rm(p, { recursive: true }),
  rmdir: (fsp, p) => fsp.rmdir(p),
  'symlink target': (fsp, p, dir) => fsp.symlink(p, `${dir}/new`),
  'symlink path': (fsp, p) => fsp.symlink('file.txt', p),
  truncate: (fsp, p) => fsp.truncate(p, 3),
  unlink: (fsp, p) => fsp.unlink(p),
  utimes: (fsp, p) => fsp.utimes(p, 1, 2),
  writeFile: (fsp, p) => fsp.writeFile(p, 'x'),
};

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Returns a path like `dir/./././file.txt` of exactly `length` bytes. */
function padded(dir: string, name: string, length: number): string {
  const room = length - dir.length - name.length - 1;
  return `${dir}/${'./'.repeat(room >> 1)}${room % 2 === 0 ? '' : '/'}${name}`;
}

function url(dir: string, change: (url: URL) => void): URL {
  const made = pathToFileURL(`${dir}/file.txt`);
  change(made);
  return made;
}

function detached(text: string): Uint8Array {
  const view = new Uint8Array(bytes(text));
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

const paths: Record<string, (dir: string) => unknown> = {
  'a file': (dir) => `${dir}/file.txt`,
  'an empty file': (dir) => `${dir}/empty`,
  'a directory': (dir) => `${dir}/sub`,
  'an empty directory': (dir) => `${dir}/emptydir`,
  'nothing there': (dir) => `${dir}/missing`,
  'no parent': (dir) => `${dir}/missing/file`,
  'below a file': (dir) => `${dir}/file.txt/below`,
  'a link to a file': (dir) => `${dir}/link`,
  'a link to a directory': (dir) => `${dir}/dirlink`,
  'a dangling link': (dir) => `${dir}/dangling`,
  'a loop': (dir) => `${dir}/loop`,
  'below a loop': (dir) => `${dir}/loop/file`,
  'file with a slash': (dir) => `${dir}/file.txt/`,
  'directory with a slash': (dir) => `${dir}/sub/`,
  'directory with a dot': (dir) => `${dir}/emptydir/.`,
  'nothing with a slash': (dir) => `${dir}/missing/`,
  'link with a slash': (dir) => `${dir}/dirlink/`,
  'slashes and dots': (dir) => `${dir}//sub/.././/file.txt`,
  relative: (dir) => path.relative(process.cwd(), `${dir}/file.txt`),
  'relative directory': (dir) => path.relative(process.cwd(), `${dir}/sub`),
  'relative, nothing there': (dir) => path.relative(process.cwd(), `${dir}/missing`),
  'multi-byte': (dir) => `${dir}/zażółć 漢字 \u{1f600}`,
  'lone surrogates': (dir) => `${dir}/\ud800x\udc00`,
  'name of 255 bytes': (dir) => `${dir}/${'n'.repeat(255)}`,
  'name of 256 bytes': (dir) => `${dir}/${'n'.repeat(256)}`,
  'name of 255 characters, 256 bytes': (dir) => `${dir}/${'n'.repeat(254)}ż`,
  '4094 bytes': (dir) => padded(dir, 'file.txt', 4094),
  '4095 bytes': (dir) => padded(dir, 'file.txt', 4095),
  '4096 bytes': (dir) => padded(dir, 'file.txt', 4096),
  '4095 bytes, a directory': (dir) => padded(dir, 'sub', 4095),
  '5000 bytes': (dir) => padded(dir, 'file.txt', 5000),
  '70000 bytes': (dir) => padded(dir, 'file.txt', 70000),
  'Buffer of 4096 bytes': (dir) => bytes(padded(dir, 'file.txt', 4096)),
  Buffer: (dir) => bytes(`${dir}/file.txt`),
  'Buffer, nothing there': (dir) => bytes(`${dir}/missing`),
  'Buffer, a directory': (dir) => bytes(`${dir}/sub`),
  'Buffer, not UTF-8': (dir) => bytes(`${dir}/\xff\xfe\x80`),
  Uint8Array: (dir) => new Uint8Array(bytes(`${dir}/file.txt`)),
  'part of a Uint8Array': (dir) => new Uint8Array(bytes(`??${dir}/file.txt??`)).subarray(2, -2),
  'on a SharedArrayBuffer': (dir) => {
    const text = bytes(`${dir}/file.txt`);
    const shared = new Uint8Array(new SharedArrayBuffer(text.length));
    shared.set(text);
    return shared;
  },
  'a detached Uint8Array': (dir) => detached(`${dir}/file.txt`),
  'NUL in a string': (dir) => `${dir}/file\0.txt`,
  'NUL at the end': (dir) => `${dir}/file.txt\0`,
  'NUL in a Buffer': (dir) => bytes(`${dir}/file\0.txt`),
  URL: (dir) => url(dir, () => {}),
  'URL, nothing there': (dir) => pathToFileURL(`${dir}/missing`),
  'URL, a directory': (dir) => pathToFileURL(`${dir}/sub/`),
  'URL with escapes': (dir) => pathToFileURL(`${dir}/a b%żółw?#`),
  'URL with a query': (dir) =>
    url(dir, (each) => {
      each.search = '?q#h';
    }),
  'URL with a host': (dir) =>
    url(dir, (each) => {
      each.host = 'example.org';
    }),
  'URL with localhost': (dir) =>
    url(dir, (each) => {
      each.host = 'localhost';
    }),
  'URL with an encoded slash': (dir) =>
    url(dir, (each) => {
      each.pathname += '%2Fx';
    }),
  'URL with an encoded backslash': (dir) =>
    url(dir, (each) => {
      each.pathname += '%5Cx';
    }),
  'URL with an encoded NUL': (dir) =>
    url(dir, (each) => {
      each.pathname += '%00';
    }),
  'URL with a bad escape': (dir) =>
    url(dir, (each) => {
      each.pathname += '%zz';
    }),
  'http URL': (dir) => new URL(`http://example.org${dir}/file.txt`),
  'data URL': () => new URL('data:text/plain,x'),
  'what looks like a URL': (dir) => ({
    href: `file://${dir}/file.txt`,
    protocol: 'file:',
    hostname: '',
    pathname: `${dir}/file.txt`,
  }),
  'what looks like an old URL': (dir) => ({
    href: `file://${dir}/x`,
    protocol: 'file:',
    auth: null,
    path: `${dir}/x`,
  }),
};

describe.each(Object.entries({ ...reading, ...changing }))('%s', (name, call) => {
  both('paths', async (fsp, dir) => {
    const seen: Record<string, unknown> = {};
    for (const [label, make] of Object.entries(paths)) {
      // Entries are removed at the same time, so any of them may fail first.
      if (name === 'rm recursive' && label === '4095 bytes, a directory') continue;
      const settled = await settle(() => call(fsp, make(dir) as PathLike, dir));
      seen[label] = settled;
      if (!(name in changing) || settled.how !== 'resolved') continue;
      if (name !== 'mkdtemp') seen[label] = [settled, tree(dir)];
      relayout(dir);
    }
    return seen;
  });
});

// The paths lie in the working directory, so only functions are called that change nothing.
describe.each(Object.entries(reading))('%s', (_name, call) => {
  both('the empty path, "." and the root', async (fsp, dir) => {
    const seen: unknown[] = [];
    for (const value of [
      '',
      Buffer.alloc(0),
      '.',
      './',
      '..',
      Buffer.from('.'),
      '/',
      '/..',
      `file://${dir}/file.txt`,
    ]) {
      if (call === reading['readdir recursive'] && value.length > 0) continue;
      const settled = await settle(() => call(fsp, value, dir));
      // Other programs may change these folders meanwhile.
      seen.push(changeable.has(call) && settled.how === 'resolved' ? settled.how : settled);
    }
    return seen;
  });
});

describe.each(Object.entries(changing))('%s', (name, call) => {
  both('the empty path', async (fsp, dir) => {
    // mkdtemp() would make a directory in the working directory.
    const values = name === 'mkdtemp' ? [] : ['', Buffer.alloc(0)];
    const seen: Settled[] = [];
    for (const value of values) seen.push(await settle(() => call(fsp, value, dir)));
    return seen;
  });
});
