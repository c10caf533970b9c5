// Everything that checks what a caller passed: values (checks.ts), file system arguments (arguments.ts), the errors.
export * from './arguments';
export * from './checks';
export { argType, argValue, outOfRange } from './node-errors';
