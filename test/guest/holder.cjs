// holder.cjs FOLDER: holds a file there open, and does nothing else.
'use strict';
const fs = require('node:fs');

const [at] = process.argv.slice(2);
fs.openSync(`${at}/file`, 'r+');
process.stdin.resume();
process.stdout.write('ready\n');
