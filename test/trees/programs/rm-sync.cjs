// Removes a tree:  node rm-sync.cjs <tree>. For a test that makes its steps wait meanwhile.
const { rmSync } = require('../../../dist/fs/index.js');

rmSync(process.argv[2], { recursive: true, force: true, timeout: 60_000 });
