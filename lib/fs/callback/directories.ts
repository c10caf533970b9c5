// Callback functions that make, list and remove directories, and those that work on whole trees.
import type * as fs from 'node:fs';
import { type Pass, passNothing, passValue } from '../../call/callbacks';
import { validateBoolean } from '../../validate/values';
import { opendirRequest } from '../dir/request';
import * as directories from '../requests/directories';
import { copying } from '../trees/cp';
import { readdirOf } from '../trees/readdir';
import { QUEUE } from '../trees/readdir-recursive';
import { removal, treeOfRmdir } from '../trees/rm';
import { define, defineWithOptions, isObject, shown, takeOptions } from './define';

/** Without a value, the callback gets null as its only argument. */
const passMade: Pass = (callback, error, value) => {
  if (error !== null || value === undefined) callback(error);
  else callback(null, value);
};

export const mkdir = defineWithOptions<typeof fs.mkdir>('mkdir', directories.mkdir, passMade);
export const mkdtemp = defineWithOptions<typeof fs.mkdtemp>('mkdtemp', directories.mkdtemp);
export const opendir = defineWithOptions<typeof fs.opendir>('opendir', opendirRequest);

export const readdir = define<typeof fs.readdir>('readdir', ['path'], (args) => {
  const { callback, options } = takeOptions(args, 1);
  // The callback function checks the option; the one with a promise accepts anything truthy.
  const { recursive } = (options ?? {}) as { recursive?: unknown };
  if (recursive !== undefined && recursive !== null) validateBoolean(recursive, 'options.recursive');
  const { action, rest } = readdirOf(args[0], options, shown(args), QUEUE);
  return { callback, action, pass: passValue, next: rest };
});

export const rmdir = define<typeof fs.rmdir>('rmdir', ['path'], (args) => {
  const { callback, options } = takeOptions(args, 1);
  const parameters = shown(args);
  const action =
    treeOfRmdir(args[0], options, parameters) ??
    directories.rmdir.build(args, parameters, isObject(options) ? options : undefined);
  return { callback, action, pass: passNothing };
});

export const rm = define<typeof fs.rm>('rm', ['path'], (args) => {
  const { callback, options } = takeOptions(args, 1);
  return { callback, action: removal(args[0], options, shown(args)), pass: passNothing };
});

/** Node makes this function by util.callbackify, which passes undefined as the value. */
const passCopied: Pass = (callback, error) => {
  if (error === null) callback(null, undefined);
  else callback(error);
};

export const cp = define<typeof fs.cp>('cp', ['src', 'dest'], (args) => {
  const { callback, options } = takeOptions(args, 2);
  return { callback, action: copying(args[0], args[1], options, shown(args)), pass: passCopied };
});
