import { itPrints } from '../fixtures/example';

itPrints('command.mjs', [
  'hello',
  'pending: runCommand sh',
  'interrupt: killed; the caller got: EINTR, with what it had said: started',
  'left: 0',
]);
