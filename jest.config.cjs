'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const setup = join(__dirname, 'test/setup.ts');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // The posix run repeats what goes through the addon; what is in the package does not depend on it, and calls without a
  // worker are the Linux backend's alone. Faults in the functions are found with either backend.
  testPathIgnorePatterns: [
    '/node_modules/',
    // Of Windows: scripts/wine.mjs runs them.
    '/test/windows/',
    ...(process.env.PENDINGOP_BACKEND === 'posix'
      ? ['/pack\\.test\\.ts$', '/test/inline/', '/random/mutants', '/test/faults/']
      : []),
  ],
  modulePathIgnorePatterns: ['<rootDir>/build', '<rootDir>/dist', '<rootDir>/prebuilds'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs', ignoreDynamic: true },
        sourceMaps: 'inline',
      },
    ],
  },
  reporters: process.env.RUNNING_TESTS ? ['default', '<rootDir>/scripts/running-reporter.cjs'] : ['default'],
  setupFilesAfterEnv: existsSync(setup) ? [setup] : [],
  maxWorkers: 2,
  testTimeout: 120_000,
  forceExit: false,
};
