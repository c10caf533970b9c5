// calls.cjs DIST|node ALLOWED DENIED: what becomes of each function inside and outside of what is permitted.
const { promisify } = require('node:util');
const [which, allowed, denied] = process.argv.slice(2);
const fs = which === 'node' ? require('node:fs') : require(`${which}/fs`);
const fsp = fs.promises;

/** By the place, which is to be told by no name of ours. */
const told = (error) => ({
  code: error.code,
  permission: error.permission,
  resource: error.resource?.replaceAll(/[\w]{6}$/g, 'XXXXXX'),
  message: error.message.replaceAll(/[\w]{6}'$/g, "XXXXXX'"),
});

async function settle(act) {
  try {
    await act();
    return 'fine';
  } catch (error) {
    return told(error);
  }
}

const one = {
  access: (f, p) => f.access(p),
  stat: (f, p) => f.stat(p),
  lstat: (f, p) => f.lstat(p),
  statfs: (f, p) => f.statfs(p),
  readFile: (f, p) => f.readFile(p),
  writeFile: (f, p) => f.writeFile(p, 'x'),
  appendFile: (f, p) => f.appendFile(p, 'x'),
  truncate: (f, p) => f.truncate(p, 0),
  open: async (f, p) => f.open(p, 'r').then((handle) => handle.close?.()),
  'open to write': async (f, p) => f.open(p, 'w').then((handle) => handle.close?.()),
  'open to append': async (f, p) => f.open(p, 'a+').then((handle) => handle.close?.()),
  chmod: (f, p) => f.chmod(p, 0o644),
  utimes: (f, p) => f.utimes(p, 1, 1),
  lutimes: (f, p) => f.lutimes(p, 1, 1),
  readlink: (f, p) => f.readlink(`${p}-link`),
  unlink: (f, p) => f.unlink(p),
  mkdir: (f, p) => f.mkdir(`${p}-dir`),
  'mkdir -p': (f, p) => f.mkdir(`${p}-dirs/deep`, { recursive: true }),
  mkdtemp: (f, p) => f.mkdtemp(p),
  readdir: (f, p) => f.readdir(require('node:path').dirname(p)),
  rmdir: (f, p) => f.rmdir(`${p}-dir`),
};
const two = {
  rename: (f, p, q) => f.rename(p, q),
  copyFile: (f, p, q) => f.copyFile(p, q),
  link: (f, p, q) => f.link(p, q),
  symlink: (f, p, q) => f.symlink(p, q),
  cp: (f, p, q) => f.cp(p, q),
};

const callbacks = Object.fromEntries(
  Object.entries(fs)
    .filter(([name, value]) => typeof value === 'function' && typeof fsp[name] === 'function')
    .map(([name, value]) => [name, promisify(value)]),
);

(async () => {
  const seen = {};
  for (const [kind, functions] of Object.entries({ promises: fsp, callbacks })) {
    for (const [name, act] of Object.entries(one)) {
      for (const place of [allowed, denied]) {
        require('node:fs').writeFileSync(`${allowed}/file`, 'x');
        seen[`${kind} ${name} ${place === allowed ? 'inside' : 'outside'}`] = await settle(() =>
          act(functions, `${place}/file`),
        );
      }
    }
    for (const [name, act] of Object.entries(two)) {
      seen[`${kind} ${name} out`] = await settle(() => act(functions, `${allowed}/file`, `${denied}/new`));
      seen[`${kind} ${name} in`] = await settle(() => act(functions, `${denied}/file`, `${allowed}/new`));
    }
  }
  const handle = await fsp.open(`${allowed}/file`, 'r+');
  for (const name of ['stat', 'sync', 'datasync'])
    seen[`handle ${name}`] = await settle(() => handle[name]());
  seen['handle chmod'] = await settle(() => handle.chmod(0o644));
  seen['handle utimes'] = await settle(() => handle.utimes(1, 1));
  await handle.close();
  for (const make of ['createReadStream', 'createWriteStream']) {
    seen[make] = await new Promise((resolve) => {
      try {
        fs[make](`${denied}/file`)
          .once('error', (error) => resolve(told(error)))
          .once('ready', () => resolve('fine'));
      } catch (error) {
        resolve(told(error));
      }
    });
  }
  console.log(JSON.stringify(seen));
})();
