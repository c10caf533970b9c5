'use strict';
const { join } = require('node:path');
const root = join(__dirname, '../../..');
const po = require(join(root, 'dist/index.js'));

exports.po = po;
exports.attach = (name) => require(join(root, `build/addons/${name}.node`)).attach(po.nativeApi);
exports.running = async (count) => {
  while (po.listPending({ state: 'running' }).length < count)
    await new Promise((resolve) => setImmediate(resolve));
};
