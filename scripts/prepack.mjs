// npm pack: dist/ and the prebuild of this platform, fresh.
import { ensureDist, ensureInstalled, ensurePrebuild, requireToolchain } from './bootstrap.mjs';
import { main } from './tools.mjs';

await main(async () => {
  requireToolchain();
  await ensureInstalled();
  await ensureDist();
  await ensurePrebuild();
});
