/** The service that the suite's applications ask: it takes 5 ms. */

import { createServer } from "node:http";

createServer((_req, res) => setTimeout(() => res.end("from the upstream"), 5)).listen({
  port: Number(process.env.PORT),
  host: "127.0.0.1",
  backlog: 2048,
});
