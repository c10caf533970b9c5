// GET /metrics: what pendingop counts, beside prom-client's own metrics of the process. Needs `npm install prom-client`.
import { createServer } from 'node:http';
import { readFile } from 'pendingop/fs/promises';
import { registerPrometheus } from 'pendingop/metrics';
import client from 'prom-client';

client.collectDefaultMetrics();
registerPrometheus(client.register);

const server = createServer(async (request, response) => {
  if (request.url === '/metrics') {
    response.setHeader('content-type', client.register.contentType);
    response.end(await client.register.metrics());
    return;
  }
  response.end(await readFile(new URL(import.meta.url)));
});
server.listen(Number(process.env.PORT ?? 9100), () => console.log(server.address().port));
