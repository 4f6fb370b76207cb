/**
 * What the light fetch classes cost beside Node's own, in nanoseconds per operation, and the way from an exchange through
 * the fetch adapter and back. Numbers are for comparing within one run.
 *
 *     npm run build && node bench/micro/fetch-classes.mjs [FILTER]
 */

import { setImmediate as settled } from "node:timers/promises";
import { LightHeaders } from "../../dist/adapters/fetch/classes/headers.js";
import { LightRequest } from "../../dist/adapters/fetch/classes/request.js";
import { LightResponse } from "../../dist/adapters/fetch/classes/response.js";
import { createFetchHandler } from "../../dist/adapters/fetch/index.js";
import { Exchange } from "../../dist/http/exchange.js";

const MEASURE_MS = 300;
const ROUNDS = 3;

const filter = process.argv[2] ?? "";
const text = "Hello, world!\n";
const init = { status: 200, headers: { "Content-Type": "text/plain", "X-Request-Id": "abc-123" } };
const rawHeaders = [
  "Host",
  "127.0.0.1:8000",
  "User-Agent",
  "curl/8.5.0",
  "Accept",
  "*/*",
  "Accept-Encoding",
  "gzip, br",
  "Cookie",
  "a=1; b=2",
  "Connection",
  "keep-alive",
];
const peer = {
  remoteAddress: "127.0.0.1",
  remotePort: 50000,
  localAddress: "127.0.0.1",
  localPort: 8000,
  unixPath: "",
  encrypted: false,
};

/** Takes an answer and forgets it. */
class NullExchange extends Exchange {
  constructor(method = "GET") {
    super(method, "/users/42?full=1", 1, rawHeaders, peer, false, 0, false);
  }
  respond(status, reason, headers, body) {
    sink = body;
    this.over = true;
  }
}

/** Keeps results from being optimised away. */
let sink;

function subjects(Request, Response, Headers) {
  return {
    "new Response(text)": () => new Response(text),
    "new Response(text, { headers })": () => new Response(text, init),
    "  … and headers.get()": () => new Response(text, init).headers.get("content-type"),
    "Response.json({…})": () => Response.json({ message: text, ok: true }),
    "new Headers(record)": () => new Headers(init.headers),
    "  … and iterate": () => [...new Headers(init.headers)],
    "new Request(url)": () => new Request("http://127.0.0.1:8000/users/42?full=1"),
    "new Request(url, { headers })": () => new Request("http://127.0.0.1:8000/users/42?full=1", init),
  };
}

const light = subjects(LightRequest, LightResponse, LightHeaders);
const node = subjects(globalThis.Request, globalThis.Response, globalThis.Headers);

const failures = {
  fail: (_, error) => {
    throw error;
  },
};
const adapters = {
  "adapter: () => new Response(text)": () => new LightResponse(text),
  "adapter: () => new Response(text, { headers })": () => new LightResponse(text, init),
  "adapter: … reading method, url, one header": (request) =>
    new LightResponse(request.method + request.url + request.headers.get("accept"), init),
  "adapter: async () => new Response(text)": async () => new LightResponse(text),
};
const names = Object.keys(light).filter((name) => name.includes(filter));
const paths = Object.keys(adapters).filter((name) => name.includes(filter));
if (names.length + paths.length === 0) throw new Error(`nothing is called ${filter}`);

// Node's classes come last: their garbage would be charged to ours
const ours = names.map((name) => measure(light[name]));
const whole = [];
for (const name of paths) {
  const app = createFetchHandler(adapters[name], { failures, fastFetch: true });
  whole.push(await measureTurns(() => app.handle(new NullExchange())));
}
const theirs = names.map((name) => measure(node[name]));

console.log(`Node ${process.version}, ns per operation\n`);
console.log("".padEnd(48), "light".padStart(10), "Node's".padStart(10));
for (const [i, name] of names.entries()) console.log(name.padEnd(48), show(ours[i]), show(theirs[i]));
for (const [i, name] of paths.entries()) console.log(name.padEnd(48), show(whole[i]));
if (sink === undefined) throw new Error("nothing was answered");

/** The best of several rounds. */
function measure(operation) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS + 1; round++) {
    let count = 0;
    const start = performance.now();
    let now = start;
    while (now - start < MEASURE_MS / ROUNDS) {
      for (let i = 0; i < 200; i++) sink = operation();
      count += 200;
      now = performance.now();
    }
    best = Math.min(best, ((now - start) * 1e6) / count);
  }
  return best;
}

/** As `measure`, letting promises settle now and then. */
async function measureTurns(operation) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS + 1; round++) {
    let count = 0;
    const start = performance.now();
    let now = start;
    while (now - start < MEASURE_MS / ROUNDS) {
      for (let i = 0; i < 200; i++) operation();
      await settled();
      count += 200;
      now = performance.now();
    }
    best = Math.min(best, ((now - start) * 1e6) / count);
  }
  return best;
}

function show(nanoseconds) {
  return nanoseconds.toFixed(0).padStart(10);
}
