// npm pack: brings dist/ and the prebuilds up to date.
import { ensureDist, ensureInstalled } from './bootstrap.mjs';
import { ensurePrebuilds } from './prebuilds.mjs';
import { main } from './tools.mjs';

await main(async () => {
  await ensureInstalled();
  await ensureDist();
  await ensurePrebuilds();
});
