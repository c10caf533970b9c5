// What the tests run in helper processes.
const { openSync, readSync, appendFileSync, closeSync } = require('node:fs');

const tasks = {
  echo: (...values) => values,
  later: async (value) => value,
  pid: () => process.pid,
  fail: (message, properties) => {
    throw Object.assign(new RangeError(message), properties);
  },
  failWithText: (text) => {
    throw text;
  },
  giveFunction: () => () => 1,
  exit: (code) => process.exit(code),
  abort: () => process.kill(process.pid, 'SIGABRT'),
  // Blocks the whole thread, as native code does, until somebody opens the other end. Tells that it has begun.
  block: (fifo, log, value) => {
    appendFileSync(log, `${process.pid} ${value}\n`);
    const fd = openSync(fifo, 'r');
    readSync(fd, Buffer.alloc(1));
    closeSync(fd);
    return value;
  },
};

exports.default = (name, ...args) => tasks[name](...args);
