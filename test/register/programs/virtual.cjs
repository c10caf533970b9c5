// Prints what calls on a virtual file system of Node's come to; without one, what they come to where it would be.
const fs = require('node:fs');
const promises = require('node:fs/promises');
const { isBuiltin } = require('node:module');
const { pathToFileURL } = require('node:url');

function mounted() {
  if (!isBuiltin('node:vfs')) return '/dev/null/vfs/1';
  const made = require('node:vfs').create();
  made.writeFileSync('/file', 'content');
  return made.mount();
}

const at = mounted();
const file = `${at}/file`;
const seen = [];
const say = (...words) => seen.push(words);

const calls = [
  ['readFile', file, 'utf8'],
  ['readFile', pathToFileURL(file), 'utf8'],
  ['readFile', Buffer.from(file), 'utf8'],
  ['stat', file],
  ['readdir', at],
  ['access', file],
  ['realpath', file],
  ['mkdir', `${at}/made/deep`, { recursive: true }],
  ['writeFile', `${at}/made/file`, 'more'],
  ['appendFile', `${at}/made/file`, ' and more'],
  ['rename', `${at}/made/file`, `${at}/made/other`],
  ['copyFile', __filename, `${at}/made/copy`],
  ['cp', `${at}/made`, `${at}/copies`, { recursive: true }],
  ['rm', `${at}/copies`, { recursive: true }],
  ['symlink', file, `${at}/link`],
  ['readlink', `${at}/link`],
  ['truncate', file, 4],
  ['opendir', at],
];

const text = (value) => (typeof value === 'string' || Array.isArray(value) ? value : typeof value);

async function called(of, name, args) {
  if (of === promises) return promises[name](...args);
  return new Promise((settle, reject) =>
    fs[name](...args, (error, value) => (error ? reject(error) : settle(value))),
  );
}

const closed = (stream) =>
  new Promise((settle) => stream.on('error', ({ code }) => say(code)).on('close', settle));

async function main() {
  for (const of of [fs, promises]) {
    for (const [name, ...args] of calls) {
      const value = await called(of, name, args).then(text, (error) => error.code);
      say(name, value);
    }
  }
  await closed(fs.createReadStream(file).on('data', (bytes) => say(String(bytes))));
  await closed(fs.createWriteStream(`${at}/written`).end('text'));
  say(await called(fs, 'readFile', [`${at}/written`, 'utf8']).catch((error) => error.code));
  const handle = await promises.open(file).catch((error) => say(error.code));
  if (typeof handle === 'object') {
    say(await handle.readFile('utf8'));
    await handle.close();
  }
  const fd = await called(fs, 'open', [file]).catch((error) => say(error.code));
  if (isBuiltin('node:vfs')) {
    say((await called(fs, 'fstat', [fd])).size, await called(fs, 'read', [fd, Buffer.alloc(2), 0, 2, 0]));
    await called(fs, 'close', [fd]);
  }
  console.log(JSON.stringify(seen));
}

main();
