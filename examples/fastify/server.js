// A Fastify server, exactly as Fastify's own guide has it: it starts itself by listen(). Junicorn captures the server and serves it
// on its own sockets, so the port given here is not bound.
//
//     npx junicorn examples/fastify/server.js

import { Readable } from "node:stream";
import Fastify from "fastify";

const fastify = Fastify();

fastify.get("/", () => "Hello from Fastify!\n");

fastify.post("/echo", {
  schema: { body: { type: "object" } },
  handler: (request) => request.body,
});

fastify.get("/stream", (request, reply) => {
  reply.type("text/plain");
  return reply.send(Readable.from(["line 1\n", "line 2\n", "line 3\n"]));
});

fastify.get("/error", () => {
  throw new Error("this route always fails");
});

await fastify.listen({ port: 3000 });
