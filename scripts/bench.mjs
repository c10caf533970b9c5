// npm run bench: builds what is missing, then runs bench/run.mjs.
import { bootstrap } from './bootstrap.mjs';
import { main, run } from './tools.mjs';

await main(async () => {
  await bootstrap();
  return (await run(process.execPath, ['bench/run.mjs', ...process.argv.slice(2)])).code;
});
