/** Node's own http server over hello-node.mjs: `node node-http.mjs PORT keep-alive|close`. */

import { createServer } from "node:http";
import app from "./hello-node.mjs";

const [port, connection] = process.argv.slice(2);
const server = createServer((req, res) => {
  if (connection === "close") res.shouldKeepAlive = false;
  app(req, res);
});
server.keepAliveTimeout = 10_000; // as long as uWebSockets, for measuring idle connections
server.listen(Number(port), "127.0.0.1", 2048);
