// For runIsolated().
'use strict';
module.exports = (x) => {
  if (x === 'exit') process.exit(5);
  if (x === 'stuck') for (;;);
  return 2 * x;
};
