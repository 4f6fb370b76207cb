// Listens only when it is the program that was started.
const http = require("node:http");
const server = http.createServer((req, res) => res.end("main"));
if (require.main === module)
  server.listen(3000, () => (globalThis.listenedAs = { argv: process.argv[1], address: server.address() }));
