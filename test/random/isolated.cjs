// The module that runIsolated() of a random sequence runs: it calls a synchronous function of node:fs by its name.
'use strict';

const fs = require('node:fs');

module.exports = (name, ...args) => fs[name](...args);
