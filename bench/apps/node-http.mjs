/** Node's own http server over hello-node.mjs: `node node-http.mjs PORT|PATH keep-alive|close`. */

import { createServer } from "node:http";
import app from "./hello-node.mjs";

const [where, connection] = process.argv.slice(2);
const server = createServer((req, res) => {
  if (connection === "close") res.shouldKeepAlive = false;
  app(req, res);
});
server.keepAliveTimeout = 10_000; // as long as uWebSockets, for measuring idle connections
server.listen(
  where.startsWith("/") ? { path: where, backlog: 2048 } : { port: Number(where), host: "127.0.0.1", backlog: 2048 },
);
