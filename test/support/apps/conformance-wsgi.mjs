/** The behaviours that the conformance suite asks for, as a wsgi application. Its twins: conformance-fetch.mjs, conformance-node.mjs. */

import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { wsgi } from "junicorn";

const CONTEXT = new AsyncLocalStorage();
const CHUNK = Buffer.alloc(64 * 1024, "a");
/** Ids of /watch requests whose signal has fired. */
const aborted = new Set();

/** Large enough for memory of its own, and served more than once. */
const KEPT = new Uint8Array(300_000).fill(98);

const ROUTES = {
  "/hello": (_, start) => {
    start("200 OK", [["Content-Type", "text/plain"]]);
    return ["hello\n"];
  },
  "/echo": (environ, start) => {
    start("200 OK", [["Content-Type", "application/octet-stream"]]);
    return environ["wsgi.input"];
  },
  "/kept": (_, start) => {
    start("200 OK", []);
    return [KEPT];
  },
  "/kept-alone": (_, start) => {
    start("200 OK", [["Content-Length", String(KEPT.length)]]);
    return [KEPT];
  },
  "/unread": (_, start) => {
    start("200 OK", []);
    return ["not read\n"];
  },
  "/cookies": (_, start) => {
    start("200 OK", [
      ["Set-Cookie", "a=1; Path=/"],
      ["Set-Cookie", "b=2"],
    ]);
    return ["ok"];
  },
  "/own-fields": (_, start) => {
    start("200 OK", { Server: "own", Date: "Thu, 01 Jan 1970 00:00:00 GMT" });
    return ["ok"];
  },
  "/status": (_, start, query) => {
    start(`${query.get("code")} `, []);
    return [];
  },
  "/declared": (_, start, query) => {
    start("200 OK", [["Content-Length", query.get("length")]]);
    return [CHUNK.subarray(0, Number(query.get("bytes")))];
  },
  "/throw": () => {
    throw new Error("thrown on purpose");
  },
  "/reject": async () => {
    await sleep(1);
    throw new Error("rejected on purpose");
  },
  "/throw-late": async function* (_, start) {
    start("200 OK", []);
    yield "first";
    await sleep(1);
    throw new Error("thrown late on purpose");
  },
  "/throw-behind": function* (_, start) {
    start("200 OK", []);
    yield "first";
    throw new Error("thrown behind on purpose");
  },
  "/bad-header": (_, start) => {
    start("200 OK", [["X-Bad", "a\r\nSet-Cookie: injected=1"]]);
    return ["x"];
  },
  "/bad-name": (_, start) => {
    start("200 OK", [["X Bad", "a"]]);
    return ["x"];
  },
  "/stream": async function* (_, start, query) {
    start("200 OK", []);
    for (let i = 0; i < Number(query.get("count")); i++) {
      await sleep(1);
      yield `part ${i}\n`;
    }
  },
  "/delay": async (_, start, query) => {
    await sleep(Number(query.get("ms")));
    start("200 OK", []);
    return [query.get("say")];
  },
  "/context": async (_, start, query) => {
    const before = CONTEXT.getStore();
    CONTEXT.enterWith(query.get("say"));
    await sleep(Number(query.get("ms")));
    start("200 OK", []);
    return [`${before} ${CONTEXT.getStore()}`];
  },
  "/context-of-body": async (environ, start, query) => {
    for await (const _ of environ["wsgi.input"]);
    return ROUTES["/context"](environ, start, query);
  },
  "/flood": function* (_, start, query) {
    start("200 OK", []);
    for (let left = Number(query.get("bytes")); left > 0; left -= CHUNK.length) {
      // A new piece each time: one that is queued over and over would take no memory.
      yield Buffer.from(CHUNK.subarray(0, left));
    }
  },
  "/sink": async (environ, start) => {
    let bytes = 0;
    for await (const chunk of environ["wsgi.input"]) {
      bytes += chunk.length;
      if (bytes % (1 << 20) < chunk.length) await sleep(4);
    }
    start("200 OK", []);
    return [String(bytes)];
  },
  "/watch": async function* (environ, start, query) {
    const gone = new Promise((resolve) => environ["junicorn.signal"].addEventListener("abort", resolve));
    start("200 OK", []);
    yield "started";
    await gone;
    aborted.add(query.get("id"));
  },
  "/aborted": (_, start, query) => {
    start("200 OK", []);
    return [JSON.stringify(aborted.has(query.get("id")))];
  },
  "/hop": (_, start) => {
    start("200 OK", { Connection: "X-Hop", "Keep-Alive": "timeout=9", "Proxy-Connection": "close" });
    return ["ok"];
  },
  "/hints": (environ, start) => {
    environ["wsgi.early_hints"]([["Link", "</a.css>; rel=preload"]]);
    start("200 OK", []);
    return ["ok"];
  },
  "/trailers": (environ, start) => {
    start("200 OK", [["Trailer", "X-Sum"]]);
    environ["junicorn.send_trailers"]([["X-Sum", "4"]]);
    return streamed("body");
  },
};

/** Bodies are read as they come: what streaming promises must hold here too. */
export default wsgi(app, { bufferBody: 0 });

function app(environ, start) {
  const query = new URLSearchParams(environ.QUERY_STRING);
  return (ROUTES[environ.PATH_INFO] ?? inspect)(environ, start, query);
}

async function inspect(environ, start) {
  const parts = [];
  for await (const chunk of environ["wsgi.input"]) parts.push(chunk);
  const body = Buffer.concat(parts).toString("latin1");
  const headers = Object.entries(environ).filter(([name]) => name.startsWith("HTTP_"));
  start("200 OK", [["Content-Type", "application/json"]]);
  return [JSON.stringify({ method: environ.REQUEST_METHOD, target: environ.RAW_URI, headers: headers.flat(), body })];
}

async function* streamed(text) {
  yield text;
}
