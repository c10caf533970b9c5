import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import vm from 'node:vm';
import { both, cases, type Fsp, onTree, ours, settle, settleAll, tree } from './harness';

/* Functions that make, link, rename and remove names. */

cases('mkdir', {
  modes: onTree(
    (fsp, dir) => fsp.mkdir(`${dir}/1`),
    (fsp, dir) => fsp.mkdir(`${dir}/2`, 0o700),
    (fsp, dir) => fsp.mkdir(`${dir}/3`, '711'),
    (fsp, dir) => fsp.mkdir(`${dir}/4`, { mode: 0o1777 }),
    (fsp, dir) => fsp.mkdir(`${dir}/5`, { mode: '0o600' }),
    (fsp, dir) => fsp.mkdir(`${dir}/6`, { mode: '9' }),
    (fsp, dir) => fsp.mkdir(`${dir}/7`, 'rwx'),
    (fsp, dir) => fsp.mkdir(`${dir}/8`, -1),
    (fsp, dir) => fsp.mkdir(`${dir}/9/9`, { recursive: true, mode: 0o700 }),
    (fsp, dir) => fsp.mkdir(`${dir}/10`, null),
    (fsp, dir) => fsp.mkdir(`${dir}/11`, { mode: null } as unknown as { mode: number }),
    (fsp, dir) => fsp.mkdir(`${dir}/12`, { recursive: 'yes' } as unknown as { recursive: boolean }),
    (fsp, dir) => fsp.mkdir(`${dir}/13`, { recursive: undefined, mode: undefined }),
  ),
  'recursive answers with the first directory made': (fsp, dir) => {
    const make = (path: string | Buffer | URL) => () => fsp.mkdir(path, { recursive: true });
    return settleAll(
      ...[
        'sub',
        'sub/',
        'new',
        'new',
        'x/y/z',
        'x/y/z/',
        'x/1/2/3',
        'sub/./p/../q',
        'p//q//r//',
        'dirlink/in/it',
      ].map((name) => make(`${dir}/${name}`)),
      ...['file.txt', 'file.txt/a/b', 'link', 'dangling', 'dangling/a', 'loop', 'loop/a'].map((name) =>
        make(`${dir}/${name}`),
      ),
      make(Buffer.from(`${dir}/buffer/\xff`, 'latin1')),
      make(new URL(`file://${dir}/url/a/b`)),
      make('/'),
      make(`${dir}/${'deep/'.repeat(400)}`),
    );
  },
  'errors of the plain kind': (fsp, dir) =>
    settleAll(
      ...['sub', 'file.txt', 'dangling', 'loop', 'a/b', 'file.txt/a', ''].map(
        (name) => () => fsp.mkdir(`${dir}/${name}`),
      ),
    ),
});

interface Disposable {
  path: string;
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

// If this Node lacks the function, ours is missing, too.
cases('mkdtempDisposable', {
  'made and removed': async (fsp, dir) => {
    const { mkdtempDisposable } = fsp as unknown as {
      mkdtempDisposable?: (prefix: unknown, options?: unknown) => Promise<Disposable>;
    };
    if (mkdtempDisposable === undefined) return undefined;
    const made = await mkdtempDisposable(`${dir}/t-`);
    const seen: unknown[] = [Reflect.ownKeys(made), Object.getPrototypeOf(made), mkdtempDisposable.length];
    seen.push(made.path.replace(/.{6}$/, ''), fs.statSync(made.path).isDirectory());
    fs.mkdirSync(`${made.path}/a/b`, { recursive: true });
    fs.writeFileSync(`${made.path}/a/b/file`, 'x');
    seen.push(await settle(() => made.remove()), fs.existsSync(made.path));
    seen.push(await settle(() => made[Symbol.asyncDispose]()));
    const other = await mkdtempDisposable(Buffer.from(`${dir}/u-`), { encoding: 'utf8' });
    seen.push(await settle(() => other[Symbol.asyncDispose]()), fs.existsSync(other.path));
    const wrong = [[`${dir}/missing/t-`], [5], [`${dir}/v-`, 'zz'], [`${dir}/v-`, { encoding: 'buffer' }]];
    seen.push(await settleAll(...wrong.map((args) => () => mkdtempDisposable(args[0], args[1]))));
    return seen;
  },
});

const hexTail = /.{6}$/;
cases('mkdtemp', {
  encodings: async (fsp, dir) => {
    const seen = [];
    const options = [
      undefined,
      null,
      {},
      'utf8',
      'latin1',
      'ucs2',
      'buffer',
      { encoding: 'buffer' },
      { encoding: null },
    ];
    for (const each of [...options, 'zz', { encoding: 'zz' }, 1, true, () => {}]) {
      const settled = await settle(() => fsp.mkdtemp(`${dir}/żółw-`, each as 'utf8'));
      const { value } = settled;
      if (settled.how !== 'resolved') seen.push(settled);
      else if (Buffer.isBuffer(value)) seen.push(value.subarray(0, -6));
      else seen.push(String(value).replace(each === 'ucs2' ? /.{3}$/ : hexTail, ''));
    }
    return seen;
  },
  'encodings that can be read': async (fsp, dir) => [
    Buffer.from(await fsp.mkdtemp(`${dir}/t-`, 'hex'), 'hex')
      .toString()
      .replace(hexTail, ''),
    Buffer.from(await fsp.mkdtemp(`${dir}/t-`, 'base64'), 'base64')
      .toString()
      .replace(hexTail, ''),
    Buffer.from(await fsp.mkdtemp(`${dir}/t-`, 'base64url'), 'base64url')
      .toString()
      .replace(hexTail, ''),
  ],
  'mode, kind and letters': async (fsp, dir) => {
    const made = await fsp.mkdtemp(`${dir}/`);
    return [(await fsp.stat(made)).mode.toString(8), /^[A-Za-z0-9]{6}$/.test(made.slice(dir.length + 1))];
  },
  'prefix as Buffer and URL': async (fsp, dir) => {
    const made = [Buffer.from(`${dir}/\xff-`, 'latin1'), new URL(`file://${dir}/url-`)];
    const seen = [];
    for (const prefix of made) {
      const settled = await settle(() => fsp.mkdtemp(prefix as unknown as string, 'buffer'));
      seen.push(settled.how, Buffer.isBuffer(settled.value) ? settled.value.subarray(0, -6) : settled);
    }
    return seen;
  },
});

test('mkdtemp: a prefix that ends in X is warned about, once', async () => {
  // Node warns once in a process, so its warning is taken from a process of its own.
  const script = `process.on('warning', (w) => console.log(JSON.stringify([w.name, w.message, w.code ?? null])));
    const prefix = require('path').join(require('os').tmpdir(), 'none', 'X');
    require('fs').promises.mkdtemp(prefix).catch(() => {});`;
  const expected = execFileSync(process.execPath, ['--no-warnings', '-e', script], { encoding: 'utf8' });
  const seen: unknown[] = [];
  const real: NodeJS.Process = vm.runInThisContext('process');
  const listen = (w: Error & { code?: string }): void => void seen.push([w.name, w.message, w.code ?? null]);
  real.on('warning', listen);
  for (const name of ['X', 'Xx', 'XX']) {
    await settle(() => ours.mkdtemp(`${fs.realpathSync('/tmp')}/none/${name}`));
  }
  await new Promise(setImmediate);
  real.off('warning', listen);
  expect(seen).toStrictEqual([JSON.parse(expected)]);
});

cases('removing', {
  rmdir: onTree(
    ...[
      'emptydir',
      'sub',
      'file.txt',
      'missing',
      'dirlink',
      'dirlink/',
      'loop',
      'sub/deep/.',
      'sub/deep/..',
    ].map((name) => (fsp: Fsp, dir: string) => fsp.rmdir(`${dir}/${name}`)),
    (fsp) => fsp.rmdir('/'),
    (fsp) => fsp.rmdir('/proc'),
    (fsp, dir) => fsp.rmdir(`${dir}/missing`, {}),
    (fsp, dir) => fsp.rmdir(`${dir}/sub`, { recursive: false }),
    (fsp, dir) => fsp.rmdir(`${dir}/sub`, { maxRetries: -1 }),
    (fsp, dir) => fsp.rmdir(`${dir}/sub`, { retryDelay: 1.5 }),
    (fsp, dir) => fsp.rmdir(`${dir}/sub`, { recursive: 1 } as unknown as { recursive: boolean }),
  ),
  unlink: onTree(
    ...['file.txt', 'sub', 'missing', 'link', 'dirlink', 'dangling', 'loop', 'utf8.txt/', 'empty/x'].map(
      (name) => (fsp: Fsp, dir: string) => fsp.unlink(`${dir}/${name}`),
    ),
    (fsp) => fsp.unlink('/proc/version'),
  ),
});

const pairs = [
  ['file.txt', 'new'],
  ['new', 'empty'],
  ['empty', 'empty'],
  ['link', 'link'],
  ['sub', 'moved'],
  ['moved', 'emptydir'],
  ['moved', 'moved/inside'],
  ['empty', 'moved'],
  ['moved', 'empty'],
  ['missing', 'x'],
  ['empty', 'no/x'],
  ['empty', 'utf8.txt/x'],
  ['link', 'link2'],
  ['dangling', 'link3'],
  ['loop', 'loop3'],
  ['loop/a', 'x'],
  ['dirlink', 'x/'],
  ['emptydir', 'moved/deep'],
  ['moved', 'newdir/'],
  ['utf8.txt', 'x/'],
  ['dangling/', 'y'],
];
describe.each(['rename', 'link', 'copyFile', 'symlink'] as const)('%s', (name) => {
  both(
    'pairs',
    onTree(
      ...pairs.map(
        ([from, to]) =>
          (fsp: Fsp, dir: string) =>
            fsp[name](`${dir}/${from}`, `${dir}/${to}`),
      ),
    ),
  );
  both('to and from other file systems', async (fsp, dir) => [
    await settleAll(
      () => fsp[name](`${dir}/file.txt`, '/dev/shm/no-such-directory/x'),
      () => fsp[name](`${dir}/file.txt`, '/proc/x'),
      () => fsp[name]('/proc/version', `${dir}/version`),
    ),
    Object.keys(tree(dir)),
  ]);
});

cases('symlink', {
  types: onTree(
    ...[undefined, null, 'dir', 'file', 'junction', 'zz', '', 1, {}].map(
      (type, index) => (fsp: Fsp, dir: string) => fsp.symlink('file.txt', `${dir}/s${index}`, type as string),
    ),
  ),
  targets: async (fsp, dir) => {
    const targets = [
      '',
      'a',
      '../x',
      '/',
      '//a//',
      'ż',
      '\ud800',
      Buffer.from('\xff\xfe', 'latin1'),
      new URL(`file://${dir}/x`),
    ];
    const seen = [];
    for (const [index, target] of [...targets, 'n'.repeat(4095), 'n'.repeat(4096), 'a\0b'].entries()) {
      const path = `${dir}/s${index}`;
      seen.push(
        await settle(() => fsp.symlink(target, path)),
        await settle(() => fsp.readlink(path, 'buffer')),
      );
    }
    return seen;
  },
});

const encodings = [
  undefined,
  null,
  'utf8',
  'utf-8',
  'UTF8',
  'latin1',
  'binary',
  'ascii',
  'hex',
  'base64',
  'base64url',
  'ucs2',
  'utf16le',
  'buffer',
  'zz',
  '',
];
describe.each(['readlink', 'realpath'] as const)('%s', (name) => {
  both('encodings', async (fsp, dir) => {
    const odd = Buffer.from(`${dir}/\xff\xc5\xbc`, 'latin1');
    fs.writeFileSync(odd, '');
    fs.symlinkSync(odd, `${dir}/odd`);
    const calls = encodings.flatMap((encoding) => [
      () => fsp[name](`${dir}/odd`, encoding as 'utf8'),
      () => fsp[name](`${dir}/odd`, { encoding: encoding as 'utf8' }),
    ]);
    return settleAll(
      ...calls,
      () => fsp[name](odd, 'buffer'),
      () => fsp[name](odd),
    );
  });
});
