// The hook, and on stderr how many calls came through it.
'use strict';
require('../../../dist/register.js');
let calls = 0;
require('node:diagnostics_channel').subscribe('pendingop:start', () => calls++);
process.on('exit', () => process.stderr.write(`calls ${calls}\n`));
