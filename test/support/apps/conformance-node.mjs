/** The behaviours that the conformance suite asks for, as a node application. Its twins: conformance-fetch.mjs, conformance-wsgi.mjs. */

import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const CONTEXT = new AsyncLocalStorage();
const CHUNK = Buffer.alloc(64 * 1024, "a");
/** Ids of /watch requests whose client has gone. */
const aborted = new Set();

/** What became of /acknowledge requests, by id: null while that is open. */
const acknowledged = new Map();
/** How one gets to answer a request first and read it afterwards. */
const ORDERS = {
  "at once": (answer, read) => [answer(), read()],
  "the other way round": (answer, read) => [read(), answer()],
  "a tick later": (answer, read) => [answer(), process.nextTick(read)],
  "in a turn of its own": (answer, read) => setImmediate(() => [answer(), read()]),
  "after a promise": (answer, read) => void Promise.resolve().then(() => [answer(), read()]),
  "streaming its answer": (answer, read, res) => [res.write("rece"), res.end("ived"), read()],
};

/** Large enough for memory of its own, and served more than once. */
const KEPT = Buffer.from(new Uint8Array(300_000).fill(98).buffer);

const ROUTES = {
  "/hello": (_, res) => res.writeHead(200, { "Content-Type": "text/plain" }).end("hello\n"),
  "/echo": (req, res) => {
    res.setHeader("Content-Type", "application/octet-stream");
    req.pipe(res);
  },
  "/kept": (_, res) => res.end(KEPT),
  "/kept-alone": (_, res) => {
    res.writeHead(200, { "Content-Length": KEPT.length });
    res.write(KEPT);
    res.end();
  },
  "/unread": (_, res) => res.end("not read\n"),
  "/cookies": (_, res) => res.setHeader("Set-Cookie", ["a=1; Path=/", "b=2"]).end("ok"),
  "/own-fields": (_, res) => res.writeHead(200, { Server: "own", Date: "Thu, 01 Jan 1970 00:00:00 GMT" }).end("ok"),
  "/status": (_, res, query) => res.writeHead(Number(query.get("code"))).end(),
  "/declared": (_, res, query) => {
    res.setHeader("Content-Length", query.get("length"));
    res.write(CHUNK.subarray(0, Number(query.get("bytes"))));
    res.end();
  },
  "/throw": () => {
    throw new Error("thrown on purpose");
  },
  "/reject": async () => {
    await sleep(1);
    throw new Error("rejected on purpose");
  },
  "/throw-late": async (_, res) => {
    res.write("first");
    await sleep(1);
    throw new Error("thrown late on purpose");
  },
  "/throw-behind": (_, res) => {
    res.write("first");
    throw new Error("thrown behind on purpose");
  },
  "/bad-header": (_, res) => res.setHeader("X-Bad", "a\r\nSet-Cookie: injected=1").end("x"),
  "/bad-name": (_, res) => res.setHeader("X Bad", "a").end("x"),
  "/stream": async (_, res, query) => {
    for (let i = 0; i < Number(query.get("count")); i++) {
      await sleep(1);
      res.write(`part ${i}\n`);
    }
    res.end();
  },
  "/delay": async (_, res, query) => {
    await sleep(Number(query.get("ms")));
    res.end(query.get("say"));
  },
  "/context": async (_, res, query) => {
    const before = CONTEXT.getStore();
    CONTEXT.enterWith(query.get("say"));
    await sleep(Number(query.get("ms")));
    res.end(`${before} ${CONTEXT.getStore()}`);
  },
  "/context-of-body": (req, res, query) => {
    req.on("data", () => {});
    req.on("end", async () => {
      const before = CONTEXT.getStore();
      CONTEXT.enterWith(query.get("say"));
      await sleep(Number(query.get("ms")));
      res.end(`${before} ${CONTEXT.getStore()}`);
    });
  },
  "/flood": async (_, res, query) => {
    for (let left = Number(query.get("bytes")); left > 0; left -= CHUNK.length) {
      // A new piece each time: one that is queued over and over would take no memory.
      if (!res.write(Buffer.from(CHUNK.subarray(0, left)))) await once(res, "drain");
    }
    res.end();
  },
  "/sink": async (req, res) => {
    let bytes = 0;
    for await (const chunk of req) {
      bytes += chunk.length;
      if (bytes % (1 << 20) < chunk.length) await sleep(4);
    }
    res.end(String(bytes));
  },
  "/watch": (req, res, query) => {
    const gone = () => {
      aborted.add(query.get("id"));
      res.end();
    };
    req.on("aborted", gone);
    res.on("close", gone);
    res.write("started");
  },
  "/aborted": (_, res, query) => res.end(JSON.stringify(aborted.has(query.get("id")))),
  "/acknowledge": (req, res, query) => {
    const id = query.get("id");
    acknowledged.set(id, null);
    const read = () => {
      const parts = [];
      req.on("data", (part) => parts.push(part));
      req.on("error", (error) => acknowledged.set(id, { error: error.message }));
      req.on("end", () => acknowledged.set(id, { body: Buffer.concat(parts).toString() }));
    };
    ORDERS[query.get("order")](() => res.end("received"), read, res);
  },
  "/unread-and-changed": (_, res) => {
    const body = Buffer.from("given");
    res.end(body);
    body.fill("!");
    res.statusCode = 500;
  },
  "/acknowledged": (_, res, query) => res.end(JSON.stringify(acknowledged.get(query.get("id")))),
  "/hop": (_, res) => {
    res.writeHead(200, { Connection: "X-Hop", "Keep-Alive": "timeout=9", "Proxy-Connection": "close" }).end("ok");
  },
  "/hints": (_, res) => res.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => res.end("ok")),
  "/trailers": (_, res) => {
    res.writeHead(200, { Trailer: "X-Sum" });
    res.write("body");
    res.addTrailers({ "X-Sum": "4" });
    res.end();
  },
};

export default function app(req, res) {
  const { pathname, searchParams } = new URL(req.url, "http://localhost");
  return (ROUTES[pathname] ?? inspect)(req, res, searchParams);
}

async function inspect(req, res) {
  const parts = [];
  for await (const chunk of req) parts.push(chunk);
  const body = Buffer.concat(parts).toString("latin1");
  res.setHeader("Content-Type", "application/json");
  res.end(
    JSON.stringify({ method: req.method, target: req.url, headers: req.rawHeaders, body, trailers: req.rawTrailers }),
  );
}
