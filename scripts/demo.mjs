// npm run demo: builds what is missing, then runs examples/demo.mjs.
import { bootstrap } from './bootstrap.mjs';
import { main, run } from './tools.mjs';

await main(async () => {
  await bootstrap();
  return (await run(process.execPath, ['examples/demo.mjs', ...process.argv.slice(2)])).code;
});
