/** A Fastify application in Fastify's own words; it listens through Fastify, so its `http.Server` is captured. */

import { Readable } from "node:stream";
import Fastify from "fastify";
import {
  compression,
  describeUpload,
  files,
  logOf,
  LONG_TEXT,
  morgan,
  run,
  session,
  streamCompressed,
  upload,
} from "./shared.mjs";
import { raw } from "./raw.mjs";

const app = Fastify({ exposeHeadRoutes: true });
app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
  done(null, Object.fromEntries(new URLSearchParams(body))),
);
app.addContentTypeParser("*", (_request, _payload, done) => done(null)); // whoever handles it reads it
app.addHook("onRequest", (request, reply) => run(morgan, request.raw, reply.raw));
app.all("/raw/*", (request, reply) => {
  reply.hijack();
  if (!raw(request.raw, reply.raw)) reply.raw.writeHead(404).end();
});
app.get("/", (request) => `hello from ${request.ip}, ${request.protocol}://${request.hostname}`);
app.get("/json", (_request, reply) => reply.code(201).send({ a: 1 }));
app.get("/redirect", (_request, reply) => reply.redirect("/json?from=redirect"));
app.get("/cookies", (_request, reply) =>
  reply
    .header("Set-Cookie", "a=1; HttpOnly")
    .header("Set-Cookie", "b=2; Path=/b")
    .header("Vary", "Cookie")
    .send("cookies"),
);
app.get("/empty", (_request, reply) => reply.code(204).send());
app.get("/stream", (_request, reply) => reply.type("text/plain").send(Readable.from(["a", "b", "c"])));
app.get("/files/*", (request, reply) => {
  reply.hijack();
  request.raw.url = request.url.slice("/files".length);
  files(request.raw, reply.raw, (error) => reply.raw.writeHead(error?.status ?? 404).end("no file"));
});
app.post("/json", (request) => ({ received: request.body }));
app.post("/form", (request) => request.body);
app.post("/upload", async (request, reply) => {
  await run(upload, request.raw, reply.raw);
  return describeUpload(request.raw.file, request.raw.body);
});
app.get("/compressed", async (request, reply) => {
  await run(compression, request.raw, reply.raw);
  return reply.type("text/plain").send(LONG_TEXT);
});
app.get("/compressed/stream", async (request, reply) => {
  await run(compression, request.raw, reply.raw);
  reply.hijack();
  await streamCompressed(reply.raw);
});
app.get("/session", async (request, reply) => {
  await run(session, request.raw, reply.raw);
  const kept = request.raw.session;
  kept.count = (kept.count ?? 0) + 1;
  return `count ${kept.count}`;
});
app.get("/log", (request) => logOf(request.query.mark));
app.get("/fail/sync", () => {
  throw new Error("sync");
});
app.get("/fail/async", async () => {
  throw Object.assign(new Error("async"), { statusCode: 418 });
});

await app.listen({ port: 0, host: "127.0.0.1" });
if (process.env.TELL_PORT) process.stdout.write(`port ${app.server.address().port}\n`);
