'use strict';
const { execFileSync } = require('node:child_process');
const { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const content = 'c'.repeat(300_000);

/** Makes a folder with a file and a FIFO. The end of the process removes it. */
exports.makeFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'threads-'));
  writeFileSync(join(folder, 'file'), content);
  execFileSync('mkfifo', [join(folder, 'fifo'), join(folder, 'unopened')]);
  process.on('exit', () => rmSync(folder, { recursive: true }));
  return folder;
};
exports.content = content;

/** Returns the descriptors of this process that are open on files of the folder. */
exports.openOn = (folder) => {
  const found = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      if (target.startsWith(folder)) found.push(target);
    } catch {
      // The descriptor of the listing itself, which is closed by now.
    }
  }
  return found;
};

exports.until = async (condition, what) => {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};
