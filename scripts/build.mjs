// npm run build: node_modules, dist/, the addon of this platform, the FUSE fixture.
import { bootstrap } from './bootstrap.mjs';
import { main } from './tools.mjs';

await main(async () => {
  await bootstrap();
});
