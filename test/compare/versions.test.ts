import { execFileSync } from 'node:child_process';
import fs, { Dir } from 'node:fs';
import promises from 'node:fs/promises';
import path from 'node:path';
import * as version from '../../lib/node/version';

/* lib/node/version.ts, which says how releases of Node differ, compared with this Node's functions. */

const says = (made: unknown, text: string): boolean => String(made).includes(text);

test.each<[string, boolean, boolean]>([
  ['statForgives', version.statForgives, says(promises.stat, 'throwIfNoEntry')],
  ['readsIntoBuffer', version.readsIntoBuffer, says(promises.readFile, 'validateReadFileBufferOptions')],
  ['symlinkTypeFirst', version.symlinkTypeFirst, says(promises.symlink, 'validateOneOf')],
  ['truncatesDescriptors', version.truncatesDescriptors, says(fs.truncateSync, 'showTruncateDeprecation')],
  [
    'limitsPositions',
    version.limitsPositions,
    says(fs.readSync, "validatePosition(position, 'position', length)"),
  ],
  ['refusesRecursiveRmdir', version.refusesRecursiveRmdir, says(promises.rmdir, 'is no longer supported')],
  ['readsInOneTrip', version.readsInOneTrip, says(promises.readFile, 'readFileInOneRoundTrip')],
  ['writesInOneTrip', version.writesInOneTrip, says(promises.writeFile, 'writeFileInOneRoundTrip')],
  ['statChecksOptions', version.statChecksOptions, says(promises.stat, "validateObject(options, 'options')")],
  ['prefixesInNative', version.prefixesInNative, !says(promises.link, 'toNamespacedPath')],
  ['closedDirRejects', version.closedDirRejects, says(Dir.prototype.read, 'arguments.length')],
])('%s', (_name, table, text) => {
  expect(table).toBe(text);
});

test('a function that somebody has wrapped before changes nothing', () => {
  const build = path.join(__dirname, '../../dist');
  const script = `const fs = require('node:fs');
    if (process.argv[1] === 'wrapped') {
      const all = [fs, fs.promises].flatMap((of) => Object.keys(of).map((name) => [of, name]));
      for (const [of, name] of all) {
        const found = Object.getOwnPropertyDescriptor(of, name);
        const node = found.value;
        if (typeof node !== 'function' || /^[A-Z]/.test(name)) continue;
        of[name] = Object.assign(function (...args) { return node.apply(this, args); }, node);
      }
    }
    const ours = require('./fs');
    const heard = [];
    process.on('warning', ({ code }) => heard.push(code));
    ours.promises.stat('/nowhere', { throwIfNoEntry: false }).then(String, (error) => error.code).then(async (found) => {
      const fd = fs.openSync('/dev/null', 'r+');
      const cut = await new Promise((done) => {
        try { ours.truncate(fd, 0, (error) => done(error ? error.code : 'cut')); } catch (error) { done(error.code); }
      });
      setImmediate(() => console.log(JSON.stringify([found, cut, heard])));
    });`;
  const run = (how: string): unknown =>
    JSON.parse(
      execFileSync(process.execPath, ['--no-warnings', '-e', script, how], { cwd: build, encoding: 'utf8' }),
    );
  expect(run('wrapped')).toEqual(run('plain'));
});

test('what rmdir and truncate are deprecated for is a warning, and no call of Node', () => {
  const build = path.join(__dirname, '../../dist');
  const script = `const fs = require('node:fs');
    const called = [];
    for (const name of ['rmdir', 'truncate', 'symlinkSync']) {
      const node = fs[name];
      fs[name] = (...args) => { called.push(name); return node(...args); };
    }
    const ours = require('./fs');
    const heard = [];
    process.on('warning', ({ code }) => heard.push(code));
    const path = fs.mkdtempSync(require('node:os').tmpdir() + '/versions-');
    fs.mkdirSync(path + '/a');
    const done = (error) => setImmediate(() => {
      console.log(JSON.stringify([error?.code ?? null, fs.existsSync(path), called, heard]));
    });
    try { ours.rmdir(path, { recursive: true }, done); } catch (error) { done(error); }`;
  const said = execFileSync(process.execPath, ['--no-warnings', '-e', script], {
    cwd: build,
    encoding: 'utf8',
  });
  const [code, isThere, called, heard] = JSON.parse(said);
  if (process.env.PENDINGOP_BACKEND === 'none' && !version.refusesRecursiveRmdir) {
    // Without an addon the package itself calls Node's functions.
    expect([code, isThere]).toEqual([null, false]);
    expect(new Set(called)).toEqual(new Set(['rmdir']));
    expect(heard).toEqual(['DEP0147', 'ERR_PENDINGOP_NO_ADDON']);
    return;
  }
  // Since Node 26 the option is refused, and Node's own function reports that.
  const expected = version.refusesRecursiveRmdir
    ? ['ERR_INVALID_ARG_VALUE', true, ['rmdir'], []]
    : [null, false, [], ['DEP0147']];
  expect([code, isThere, called, heard]).toEqual(expected);
});
