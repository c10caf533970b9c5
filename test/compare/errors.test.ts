import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { inspect, types } from 'node:util';
import { both, cases, type Fsp, ours, settle, settleAll, withHandle } from './harness';

/* Errors of the kernel, each from a call that a program makes, and the properties of such an error. */

const { O_WRONLY, O_NONBLOCK, O_DIRECTORY, O_NOFOLLOW, O_RDWR } = fs.constants;
type Act = (fsp: Fsp, dir: string) => Promise<unknown>;

const refused: Record<string, Act[]> = {
  ENOENT: [
    (fsp, dir) => fsp.rename(`${dir}/no`, `${dir}/x`),
    (fsp, dir) => fsp.link(`${dir}/file.txt`, `${dir}/no/x`),
  ],
  EEXIST: [
    (fsp, dir) => fsp.mkdir(`${dir}/sub`),
    (fsp, dir) => fsp.symlink('x', `${dir}/link`),
    (fsp, dir) => fsp.link(`${dir}/empty`, `${dir}/link`),
  ],
  ENOTDIR: [
    (fsp, dir) => fsp.readdir(`${dir}/file.txt`),
    (fsp, dir) => fsp.rmdir(`${dir}/file.txt`),
    (fsp, dir) => fsp.open(`${dir}/file.txt`, O_DIRECTORY),
  ],
  EISDIR: [
    (fsp, dir) => fsp.open(`${dir}/sub`, 'w'),
    (fsp, dir) => fsp.truncate(`${dir}/sub`),
    (fsp, dir) => fsp.rename(`${dir}/file.txt`, `${dir}/sub`),
    (fsp, dir) => withHandle(fsp, `${dir}/sub`, 'r', (handle) => handle.read()),
    (fsp, dir) => withHandle(fsp, `${dir}/sub`, 'r', (handle) => handle.readv([Buffer.alloc(1)])),
  ],
  ENOTEMPTY: [
    (fsp, dir) => fsp.rmdir(`${dir}/sub`),
    (fsp, dir) => fsp.rename(`${dir}/emptydir`, `${dir}/sub`),
  ],
  ELOOP: [
    (fsp, dir) => fsp.stat(`${dir}/loop`),
    (fsp, dir) => fsp.open(`${dir}/link`, O_NOFOLLOW),
    (fsp, dir) => fsp.realpath(`${dir}/loop`),
  ],
  EXDEV: [
    (fsp, dir) => fsp.rename(`${dir}/file.txt`, '/proc/x'),
    (fsp, dir) => fsp.link('/proc/version', `${dir}/x`),
  ],
  EACCES: [
    (fsp, dir) => fsp.access(`${dir}/file.txt`, fs.constants.X_OK),
    // A file of sysfs that nobody can write to, not even root.
    (fsp) => fsp.open('/sys/kernel/uevent_seqnum', 'r+'),
    (fsp) => fsp.writeFile('/sys/kernel/uevent_seqnum', 'x'),
    (fsp) => fsp.mkdir('/sys/kernel/x'),
  ],
  EPERM: [
    (fsp, dir) => fsp.link(`${dir}/sub`, `${dir}/x`),
    (fsp) => fsp.unlink('/proc/version'),
    (fsp) => fsp.chmod('/proc/self/exe/../x', 0o600),
    (fsp) => fsp.symlink('x', '/sys/kernel/x'),
  ],
  EINVAL: [
    (fsp, dir) => fsp.readlink(`${dir}/file.txt`),
    (fsp, dir) => fsp.rename(`${dir}/sub`, `${dir}/sub/x`),
    (fsp, dir) => fsp.rmdir(`${dir}/sub/.`),
  ],
  EBUSY: [(fsp) => fsp.rmdir('/proc')],
  ETXTBSY: [(fsp) => fsp.open(process.execPath, O_RDWR)],
  EFBIG: [(fsp, dir) => fsp.truncate(`${dir}/file.txt`, 2 ** 53 - 1)],
  EIO: [(fsp) => fsp.readFile('/proc/self/mem')],
  ENOSPC: [(fsp) => fsp.writeFile('/dev/full', 'x')],
  EBADF: [(fsp, dir) => withHandle(fsp, `${dir}/file.txt`, 'r', (handle) => handle.write('x'))],
  ENAMETOOLONG: [
    (fsp, dir) => fsp.mkdir(`${dir}/${'n'.repeat(256)}`),
    (fsp, dir) => fsp.symlink('n'.repeat(5000), `${dir}/x`),
  ],
};
describe.each(Object.entries(refused))('%s', (_code, acts) => {
  both('as it is met', (fsp, dir) => settleAll(...acts.map((act) => () => act(fsp, dir))));
});

cases('pipes and sockets', {
  'ENXIO: nobody reads the FIFO': async (fsp, dir) => {
    execFileSync('mkfifo', [`${dir}/fifo`]);
    return settle(() => fsp.open(`${dir}/fifo`, O_WRONLY | O_NONBLOCK));
  },
  'ESPIPE: a FIFO has no positions': async (fsp, dir) => {
    execFileSync('mkfifo', [`${dir}/fifo`]);
    return withHandle(fsp, `${dir}/fifo`, O_RDWR | O_NONBLOCK, (handle) =>
      settleAll(
        () => handle.write('ab'),
        () => handle.read(Buffer.alloc(2), 0, 2, 0),
        () => handle.write('x', 5),
        () => handle.readv([Buffer.alloc(2)], 0),
        () => handle.truncate(0),
        () => handle.sync(),
        () => handle.read(Buffer.alloc(2), 0, 2, null),
        () => handle.read(Buffer.alloc(2), 0, 2, null), // EAGAIN
        () => handle.readFile(),
      ),
    );
  },
  'a socket cannot be opened': async (fsp, dir) => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(`${dir}/socket`, resolve));
    const seen = await settleAll(
      () => fsp.open(`${dir}/socket`),
      () => fsp.readFile(`${dir}/socket`),
      () => fsp.copyFile(`${dir}/socket`, `${dir}/x`),
      () => fsp.stat(`${dir}/socket`),
      () => fsp.readdir(dir, { withFileTypes: true }),
    );
    await new Promise((resolve) => server.close(resolve));
    return seen;
  },
});

// Programs that catch these errors rely on this. It is stated, not compared.
test('an error is an ordinary Error with properties that can be changed and listed', async () => {
  const error: NodeJS.ErrnoException = await ours
    .rename('/no/such/a', '/no/such/b')
    .then(String, (each) => each);
  expect(types.isNativeError(error)).toBe(true);
  expect(Object.entries(error)).toEqual([
    ['errno', -2],
    ['code', 'ENOENT'],
    ['syscall', 'rename'],
    ['path', '/no/such/a'],
    ['dest', '/no/such/b'],
  ]);
  for (const each of Object.values(Object.getOwnPropertyDescriptors(error)))
    expect(each.configurable).toBe(true);
  error.code = 'OWN';
  expect(inspect(error)).toContain("code: 'OWN'");
  expect(error.stack).toContain('\n    at ');
});

// Runs in a process without jest, which changes stacks.
test('the stack begins as that of Node does, and names the caller', () => {
  const build = JSON.stringify(path.join(__dirname, '../../dist/fs/promises/index.js'));
  const script = `const show = async (fsp) => {
      const calls = [() => fsp.stat('/no/such'), () => fsp.stat(1), () => fsp.chmod('/', -1), () => fsp.rm('/proc'), () => fsp.lchmod('/', 1),
        () => fsp.cp('/proc', '/proc'), () => fsp.readFile('/', 'zz'), () => fsp.open('/', 'zz'), () => fsp.rename('/no/a', '/no/b')];
      const seen = [];
      for (const call of calls) await (async function caller() { await call(); })().catch((error) => {
        const [first, ...frames] = error.stack.split(/\\n +at /);
        const inspected = require('util').inspect(error).replace(/\\n +at .*/g, '');
        seen.push([first, inspected.replace(/^\\[(.*)\\](?=$| \\{)/, '$1').replaceAll(' {\\n', '\\n'), frames.some((frame) => frame.includes('caller'))]);
      });
      return seen;
    };
    (async () => console.log(JSON.stringify([await show(require('node:fs/promises')), await show(require(${build}))])))();`;
  const answer = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  const [theirs, mine] = JSON.parse(answer) as [string, string, boolean][][];
  const heads = (seen: typeof mine): unknown => seen?.map(([first, inspected]) => [first, inspected]);
  expect(heads(mine)).toEqual(heads(theirs));
  // Node's rm() loses the caller in its stack, ours does not.
  expect(mine?.every(([, , namesCaller]) => namesCaller)).toBe(true);
});

// Nothing in it would be the caller's, and to capture it takes most of the time of a call that fails.
test("the stack of a callback's error has no frames, as that of Node has none", () => {
  const build = JSON.stringify(path.join(__dirname, '../../dist/fs/index.js'));
  const script = `const show = async (fs) => {
      const calls = [(done) => fs.stat('/no/such', done), (done) => fs.rename('/no/a', '/no/b', done), (done) => fs.readFile('/no', done),
        (done) => fs.readv(1000, [Buffer.alloc(1)], done), (done) => fs.createReadStream('/no').on('error', done)];
      const seen = [];
      for (const call of calls) seen.push(await new Promise((resolve) => call((error) => resolve(error.stack))));
      return seen;
    };
    (async () => console.log(JSON.stringify([await show(require('node:fs')), await show(require(${build}))])))();`;
  const answer = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  const [theirs, mine] = JSON.parse(answer) as [string[], string[]];
  expect(mine).toEqual(theirs);
  for (const stack of mine) expect(stack).not.toContain('\n');
});

test('an error of ours is instanceof the Error of its realm', async () => {
  await expect(ours.stat('/no/such')).rejects.toBeInstanceOf(Error);
  await expect(ours.stat(1 as never)).rejects.toBeInstanceOf(TypeError);
  await expect(ours.chmod('/no/such', -1)).rejects.toBeInstanceOf(RangeError);
});
