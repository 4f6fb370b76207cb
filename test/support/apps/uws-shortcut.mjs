/** Answers that uWebSockets is not needed for, and what may come between a request and its answer, beside the behaviours of conformance-node.mjs. */

import { once } from "node:events";
import { setTimeout as setTimeoutAsync } from "node:timers/promises";
import conformance from "./conformance-node.mjs";

let served = 0;
/** Requests to /held wait here to be answered; what is not is in `gone` once its connection is. */
const held = [];
const gone = [];

const WAYS = {
  whole: (res) => res.end("released"),
  streamed: (res) => {
    res.write("rel");
    res.end("eased");
  },
  large: (res) => res.end("released".repeat(20_000)),
  pieces: async (res) => {
    for (let i = 0; i < 40; i++) if (!res.write("released".repeat(1000))) await once(res, "drain");
    res.end();
  },
  dated: (res) => res.setHeader("Date", "Thu, 01 Jan 1970 00:00:00 GMT").end("released"),
  last: (res) => res.setHeader("Connection", "close").end("released"),
  cut: (res) => res.destroy(),
  // What the application declares does not fit what it gives, and that is seen at once, or not before the end.
  wrong: (res) => res.setHeader("Content-Length", 3).end("released"),
  short: (res) => {
    res.setHeader("Content-Length", 30).write("rel");
    res.end("eased");
  },
};

const FETCH_WAYS = {
  whole: () => new Response("released"),
  streamed: () => new Response(ReadableStream.from([Buffer.from("rel"), Buffer.from("eased")])),
  large: () => new Response("released".repeat(20_000)),
  pieces: () =>
    new Response(ReadableStream.from(Array.from({ length: 40 }, () => Buffer.from("released".repeat(1000))))),
  dated: () => new Response("released", { headers: { Date: "Thu, 01 Jan 1970 00:00:00 GMT" } }),
  last: () => new Response("released", { headers: { Connection: "close" } }),
  cut: () => new Response(ReadableStream.from(failing())),
  wrong: () => new Response("released", { headers: { "Content-Length": "3" } }),
  short: () => new Response(ReadableStream.from([Buffer.from("rel")]), { headers: { "Content-Length": "30" } }),
};

const ROUTES = {
  "/sized": (_, res, query) => {
    served++;
    const body = Buffer.alloc(Number(query.get("bytes")), query.get("letter") ?? "a");
    const answer = () => {
      if (query.has("streamed")) res.write(body.subarray(1));
      res.end(query.has("streamed") ? body.subarray(0, 1) : body);
    };
    if (query.get("after") === "microtask") queueMicrotask(answer);
    else if (query.get("after") === "timer") setTimeout(answer, 1);
    else answer();
  },
  "/held": (req, res, query) => {
    held.push(res);
    req.on("aborted", () => gone.push(`aborted ${query.get("id")}`));
    res.on("close", () => {
      if (!res.writableFinished) gone.push(`closed ${query.get("id")}`);
    });
  },
  /** How many requests to /sized were served, how many wait, and who has gone. */
  "/seen": (_, res) => res.end(JSON.stringify({ served, held: held.length, gone })),
  "/release": (req, res, query) => {
    req.resume();
    if (query.has("begun")) res.write("begun, ");
    release(query.get("way"));
    res.end("done");
  },
  /** The body, read when the query says so. */
  "/read": async (req, res, query) => {
    const when = query.get("when");
    if (query.has("last")) res.setHeader("Connection", "close");
    if (when === "once the answer has begun") res.write(`${when}: `);
    await setTimeoutAsync(5);
    let text = "";
    for await (const piece of req) {
      if (when === "in pieces, late") await setTimeoutAsync(5);
      text += piece;
    }
    res.end(when === "once the answer has begun" ? text : `${when}: ${text}`);
  },
  "/cut-at-body": (req) => req.on("data", () => req.destroy()),
  "/large-at-body": (req, res) => req.on("end", () => res.end("large".repeat(20_000))).resume(),
  "/latin": (_, res) => res.setHeader("X-Latin", "caf\xe9").end("čas 🐎"),
  "/long-text": (_, res) => res.end("é".repeat(30_000)),
  "/empty": (_, res) => res.end(),
  "/bytes": (_, res) => res.end(new Uint8Array([0, 255, 128, 10])),
  "/wide": (_, res, query) => {
    for (let i = 0; i < Number(query.get("fields")); i++) res.setHeader(`X-${i}`, "v".repeat(7000));
    res.end("wide");
  },
  "/short": (_, res) => res.setHeader("Content-Length", 10).end("short"),
  "/last": (_, res) => res.setHeader("Connection", "close").end("last"),
};

/** What waits is a node response, or the resolver of a fetch handler's promise. */
function release(way) {
  for (const each of held.splice(0)) {
    if (typeof each === "function") each(FETCH_WAYS[way]());
    else WAYS[way](each);
  }
}

export default function app(req, res) {
  const { pathname, searchParams } = new URL(req.url, "http://localhost");
  return (ROUTES[pathname] ?? conformance)(req, res, searchParams);
}

function* failing() {
  yield Buffer.from("rel");
  throw new Error("cut on purpose");
}

/** The first of the answer is there before the others are released. */
function releaseAll(query) {
  const pieces = async function* () {
    if (query.has("begun")) yield Buffer.from("begun, ");
    release(query.get("way"));
    yield Buffer.from("done");
  };
  return new Response(ReadableStream.from(pieces()));
}

/** What reading a body after the answer has come to. */
let late = "";

export const fetcher = {
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/seen") return Response.json({ served, held: held.length, gone, late });
    if (pathname === "/read-late") {
      late = "";
      setTimeout(async () => (late = await request.text().catch((error) => error.code)), 50);
      return new Response("early");
    }
    if (pathname === "/release") return releaseAll(searchParams);
    if (pathname !== "/held") return new Response("hello\n");
    request.signal.addEventListener("abort", () => gone.push(`aborted ${searchParams.get("id")}`));
    return new Promise((resolve) => held.push(resolve));
  },
};

export const websocket = {
  open(peer) {
    const way = new URL(peer.request.url).searchParams.get("release");
    if (way === null) return;
    peer.send("open");
    release(way);
  },
  message(peer, message) {
    peer.send(`echo ${message.text()}`);
    if (message.text() !== "hello") release(message.text());
  },
};
