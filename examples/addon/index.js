// The addon, given what it needs of pendingop.
const { nativeApi } = require('pendingop');
const addon = require('./build/Release/example.node');

module.exports = addon.attach(nativeApi);
