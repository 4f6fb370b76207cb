/** Handlers in terms of Node's own API, which every application of this folder serves under /raw. */

import { createReadStream } from "node:fs";
import { addAbortSignal, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { FILES } from "./shared.mjs";

/** What happened to watched requests, by the id that the client gave. */
const heard = new Map();

const routes = {
  // --- heads ---
  "/raw/head/object": (_req, res) => {
    res.writeHead(201, { "Content-Type": "text/plain", "X-Number": 42 });
    res.end("made");
  },
  "/raw/head/reason": (_req, res) => res.writeHead(404, "Nothing Of The Kind", { "X-A": "1" }).end("no"),
  "/raw/head/flat": (_req, res) =>
    res.writeHead(200, ["X-A", "1", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]).end("flat"),
  "/raw/head/lists": (_req, res) =>
    res.writeHead(200, { "X-List": ["1", "2"], "Set-Cookie": ["a=1", "b=2"] }).end("lists"),
  "/raw/head/merged": (_req, res) => {
    res.setHeader("X-Kept", "kept");
    res.setHeader("X-Replaced", "old");
    res.setHeader("Set-Cookie", ["a=1", "b=2"]);
    res.writeHead(202, { "x-replaced": "new", "X-Added": "added" });
    res.end("merged");
  },
  "/raw/head/merged-flat": (_req, res) => {
    res.setHeader("X-Kept", "kept");
    res.writeHead(200, ["X-Kept", "given", "X-Added", "added"]).end("merged");
  },
  "/raw/head/status-only": (_req, res) => res.writeHead(418).end(),
  "/raw/head/message": (_req, res) => {
    res.statusCode = 299;
    res.statusMessage = "Fine By Me";
    res.end("fine");
  },
  "/raw/head/204": (_req, res) => res.writeHead(204, { "X-A": "1" }).end(),
  "/raw/head/304": (_req, res) => res.writeHead(304, { ETag: '"a"' }).end(),
  "/raw/head/length": (_req, res) => {
    res.setHeader("Content-Length", "6");
    res.write("abc");
    res.end("def");
  },
  "/raw/head/errors": (_req, res) => {
    const codes = [
      () => res.writeHead(99),
      () => res.writeHead(200, { "bad name": "1" }),
      () => res.setHeader("bad name", "1"),
      () => res.setHeader("X-A", "bad\nvalue"),
      () => res.setHeader("X-A", undefined),
      () => res.setHeader("X-A", ["fine", "bad\u0100"]),
      () => res.getHeader(1),
      () => res.removeHeader(),
      () => res.appendHeader("X-A", "\u0000"),
    ].map(codeOf);
    res.setHeader("X-A", "1");
    res.writeHead(200);
    const late = [
      () => res.setHeader("X-B", "1"),
      () => res.removeHeader("X-A"),
      () => res.appendHeader("X-A", "1"),
      () => res.writeHead(200),
      () => res.flushHeaders(),
      () => res.getHeader("X-A"),
    ].map(codeOf);
    res.end(JSON.stringify({ codes, late, names: res.getHeaderNames() }));
  },
  "/raw/head/store": (_req, res) => {
    res.setHeader("X-One", 1).setHeader("X-Two", ["a", "b"]);
    res.appendHeader("x-one", "2");
    res.appendHeader("X-New", ["c"]);
    res.setHeaders(new Map([["X-Map", "m"]]));
    res.setHeader("X-Gone", "x");
    res.removeHeader("x-gone");
    res.setHeader("Content-Type", "application/json");
    const { "x-one": one } = res.getHeaders();
    const seen = {
      one,
      two: res.getHeader("x-TWO"),
      has: [res.hasHeader("X-Map"), res.hasHeader("X-Gone")],
      names: res.getHeaderNames(),
      rawNames: res.getRawHeaderNames(),
      all: res.getHeaders(),
      before: res.headersSent,
    };
    res.flushHeaders();
    res.end(JSON.stringify({ ...seen, after: res.headersSent }));
  },
  "/raw/head/hints": (_req, res) => {
    res.writeEarlyHints({ link: "</style.css>; rel=preload; as=style", "x-trace": "1" }, () => res.end("hinted"));
  },

  // --- bodies ---
  "/raw/body/pieces": (_req, res) => {
    const called = [];
    res.write("a", () => called.push("a"));
    res.write(Buffer.from("b"), () => called.push("b"));
    res.write("Yw==", "base64", () => res.end(`, called ${called.join()}`));
  },
  "/raw/body/latin1": (_req, res) => res.end("\u00e9t\u00e9", "latin1"),
  "/raw/body/empty": (_req, res) => res.end(),
  "/raw/body/pipe": (_req, res) => createReadStream(`${FILES}/letters.txt`, { highWaterMark: 500 }).pipe(res),
  "/raw/body/pipeline": (_req, res) => pipeline(Readable.from(["one ", "two ", "three"]), res),
  "/raw/body/large": (_req, res) => pipeline(Readable.from(blocks(64, 65_536)), res),
  "/raw/body/large-whole": (_req, res) => res.end(Buffer.alloc(3_000_000, "0123456789")),
  "/raw/body/echo": (req, res) => req.pipe(res),
  "/raw/body/flush": async (_req, res) => {
    res.writeHead(200, { "X-Flushed": "yes" });
    res.flushHeaders();
    await sleep(5);
    res.end("after the head");
  },
  "/raw/body/unread": (_req, res) => res.end("not read"),
  "/raw/body/chunks-read": async (req, res) => {
    req.setEncoding("utf8");
    let text = "";
    for await (const part of req) text += part;
    res.end(JSON.stringify({ text, complete: req.complete, trailers: req.trailers, headers: req.headers }));
  },

  // --- who and what ---
  "/raw/peer": (req, res) => {
    const { socket } = req;
    const { remoteAddress, remoteFamily, localAddress, localFamily, readyState } = socket;
    const encrypted = Boolean(socket.encrypted);
    const numbers = [typeof socket.localPort, typeof socket.bytesWritten]; // uWebSockets does not tell the remote port
    const same = [req.connection === socket, res.socket === socket, res.req === req, socket.destroyed];
    res.end(
      JSON.stringify({ remoteAddress, remoteFamily, localAddress, localFamily, encrypted, readyState, numbers, same }),
    );
  },
  "/raw/request": (req, res) => {
    const { method, httpVersion, httpVersionMajor, httpVersionMinor, headers, headersDistinct } = req;
    // uWebSockets lower-cases the names.
    const rawHeaders = req.rawHeaders.map((part, i) => (i % 2 === 0 ? part.toLowerCase() : part));
    const { complete, aborted, destroyed, readable } = req;
    const flags = { complete, aborted, destroyed, readable };
    const known = { method, httpVersion, httpVersionMajor, httpVersionMinor, rawHeaders, headers, headersDistinct };
    res.end(JSON.stringify({ ...known, flags, url: req.originalUrl ?? req.url }));
  },

  // --- ends ---
  "/raw/watch/answer": (req, res) => {
    watch(req, res);
    res.end("watched");
  },
  "/raw/watch/later": (req, res) => {
    watch(req, res);
    setTimeout(() => res.end("watched"), 5);
  },
  "/raw/watch/read": (req, res) => {
    watch(req, res);
    req.on("end", () => res.end("read")).resume();
  },
  "/raw/watch/hang": (req, res) => {
    watch(req, res);
    res.write("never ");
  },
  "/raw/watch/upload": (req, res) => {
    watch(req, res).on("data", () => note(req, "data"));
  },
  "/raw/watch/destroy": (req, res) => {
    watch(req, res);
    res.write("cut");
    setTimeout(() => res.destroy(), 5);
  },
  "/raw/watch/events": (req, res) => {
    res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
    watch(req, res);
    res.write("data: 1\n\n");
    res.write("data: 2\n\n");
  },
  "/raw/watch/signal": async (req, res) => {
    const controller = new AbortController();
    res.on("close", () => controller.abort());
    res.write("working");
    await sleep(60_000, null, { signal: controller.signal }).catch((error) => note(req, error.name));
  },
  "/raw/watch/pipeline": async (req, res) => {
    const controller = new AbortController();
    const source = async function* () {
      yield "first";
      await sleep(5);
      controller.abort();
      await sleep(60_000, null, { signal: controller.signal });
    };
    await pipeline(source, res, { signal: controller.signal }).catch((error) => note(req, error.name));
  },
  "/raw/watch/add-signal": (req, res) => {
    const controller = new AbortController();
    addAbortSignal(controller.signal, res);
    res.on("error", (error) => note(req, error.name)).on("close", () => note(req, "res close"));
    res.write("begun");
    setTimeout(() => controller.abort(), 5);
  },
  "/raw/heard": (req, res) => res.end(JSON.stringify(heard.get(idOf(req)) ?? [])),
};

/** Serves a request for one of the routes; false if it is for none. */
export function raw(req, res) {
  const route = routes[(req.originalUrl ?? req.url).split("?")[0]];
  if (route === undefined) return false;
  Promise.resolve(route(req, res)).catch((error) => res.destroy(error));
  return true;
}

// --- internal ---

function idOf(req) {
  return (req.originalUrl ?? req.url).split("id=")[1];
}

function note(req, event) {
  const id = idOf(req);
  if (!heard.has(id)) heard.set(id, []);
  const events = heard.get(id);
  if (event !== "data" || !events.includes("data")) events.push(event);
}

function watch(req, res) {
  for (const event of ["aborted", "end", "close"]) req.on(event, () => note(req, `req ${event}`));
  req.on("error", (error) => note(req, `req error ${error.code}`));
  res.on("prefinish", () => note(req, "res prefinish"));
  for (const event of ["finish", "close"]) {
    res.on(event, () => note(req, `res ${event} ${res.writableEnded}/${res.writableFinished}/${res.destroyed}`));
  }
  res.on("error", (error) => note(req, `res error ${error.code}`));
  return req;
}

function codeOf(call) {
  try {
    call();
    return "fine";
  } catch (error) {
    return error.code ?? error.name;
  }
}

function* blocks(count, size) {
  for (let i = 0; i < count; i++) yield Buffer.alloc(size, 97 + (i % 26));
}
