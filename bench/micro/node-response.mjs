/** What answers cost in the node adapter without an engine, in ns per request: `node bench/micro/node-response.mjs` on a built dist/. */

import { createNodeHandler } from "../../dist/adapters/node/index.js";
import { Exchange } from "../../dist/http/exchange.js";

const PEER = Object.freeze({ remoteAddress: "127.0.0.1", remotePort: 1, localAddress: "127.0.0.1", localPort: 2 });
const FIELDS = ["host", "localhost:8000", "user-agent", "bench", "accept", "*/*"];
const ROUNDS = 15;
const REQUESTS = 20_000;

/** Takes an answer, and does nothing with it. */
class SilentExchange extends Exchange {
  constructor() {
    super("GET", "/", 1, FIELDS, PEER, false, 0, false);
  }
  respond(status, _reason, headers) {
    this.status = status;
    this.responseHeaders = headers;
    this.started = this.ended = this.over = true;
    this.onFlushed?.();
  }
  get isUpgrade() {
    return false;
  }
}

const APPS = {
  "writeHead + end": (_req, res) => {
    res.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 13 });
    res.end("Hello, World!");
  },
  "2 × setHeader + end": (_req, res) => {
    res.setHeader("Content-Type", "text/plain");
    res.setHeader("Content-Length", 13);
    res.end("Hello, World!");
  },
  "5 × setHeader + getHeader + end": (_req, res) => {
    res.setHeader("X-Powered-By", "Bench");
    if (!res.getHeader("Content-Type")) res.setHeader("Content-Type", "text/html; charset=utf-8");
    res.setHeader("Content-Length", "13");
    res.setHeader("ETag", 'W/"d-CgqfKmdylCVXq1NV12r0Qvj2XgE"');
    res.setHeader("Vary", "Accept-Encoding");
    res.end("Hello, World!");
  },
  "3 × setHeader + writeHead + end": (_req, res) => {
    res.setHeader("X-A", "1");
    res.setHeader("X-B", "2");
    res.setHeader("X-C", "3");
    res.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 13 });
    res.end("Hello, World!");
  },
};

const fail = (_exchange, error) => {
  throw error;
};
const best = new Map();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, app] of Object.entries(APPS)) {
    const handler = createNodeHandler(app, { failures: { fail } });
    const start = process.hrtime.bigint();
    for (let i = 0; i < REQUESTS; i++) {
      handler.handle(new SilentExchange());
      if (i % 64 === 0) await new Promise(setImmediate); // let 'finish' come
    }
    const nanoseconds = Number(process.hrtime.bigint() - start) / REQUESTS;
    best.set(name, Math.min(best.get(name) ?? Infinity, nanoseconds));
  }
}
for (const [name, nanoseconds] of best) console.log(`${name.padEnd(34)} ${nanoseconds.toFixed(0)} ns`);
