// Every form of listen(), each on a server of its own port, so that the first is captured and the others are told apart.
const http = require("node:http");
globalThis.formServer = http.createServer((req, res) => res.end("forms"));
globalThis.formServer.listen(...globalThis.formArguments);
