/**
 * A server whose application misuses its exchanges at random, in a process of its own, since what is tried here may end it.
 * usage: node fuzz-engine.mjs uws|llhttp. Prints its port; "/ok" is answered as it should be.
 */
import { LlhttpEngine } from "../../dist/engines/llhttp/engine.js";
import { loadUws } from "../../dist/engines/uws/binding.js";
import { UwsEngine } from "../../dist/engines/uws/engine.js";
import { native } from "../../dist/native.js";

const addon = native();
const fd = addon.listen({ host: "127.0.0.1", port: 0, backlog: 511 });
const { port } = addon.socketName(fd);
const info = { host: "127.0.0.1", port, unixPath: "" };
const options = {
  limits: { requestLine: 4094, fields: 100, fieldSize: 8190, body: 0 },
  bodyTimeoutMs: 0,
  writeTimeoutMs: 0,
  keepAliveMs: 2000,
  trusts: () => false,
  headerTimeoutMs: 30_000,
  serverHeader: "junicorn",
  acceptsUpgrade: () => false,
  events: {
    exchange: (exchange) => (exchange.target === "/ok" ? exchange.respond(200, "", [], "ok") : misuse(exchange)),
    closed() {},
    refused() {},
  },
};
const engine = process.argv[2] === "uws" ? new UwsEngine(loadUws(1 << 20), options) : new LlhttpEngine(options);
const listener = new addon.Listener(fd, (connection, address, peerPort) =>
  engine.adopt(connection, address, peerPort, info),
);
listener.resume();
console.log(port);

/** The same target always does the same: its number is the seed. */
function misuse(exchange) {
  let state = Number(exchange.target.slice(1)) * 2654435761 + 1;
  const random = (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % most;
  };
  const body = () =>
    ["", "text", "é".repeat(20), Buffer.alloc(1000, "b"), Buffer.alloc(200_000, "l"), "s".repeat(100_000)][random(6)];
  const headers = () =>
    [
      [],
      ["X-A", "b"],
      ["Content-Length", String(random(3000))],
      ["Content-Length", "0"],
      ["Connection", "close"],
      ["Bad\n", "x"],
      ["Date", "x", "Server", "y"],
    ][random(7)];
  const status = () => [200, 200, 204, 304, 500, 99, 101][random(7)];
  const sink = { data: () => random(4) === 0 && exchange.pauseBody(), end() {}, fail() {} };
  const steps = [
    () => exchange.respond(status(), "", headers(), random(4) === 0 ? null : body()),
    () => exchange.start(status(), random(5) === 0 ? "Odd" : "", headers()),
    () => exchange.write(body()),
    () => exchange.write(body()),
    () => exchange.end(random(3) === 0 ? ["X-T", "1"] : []),
    () => exchange.abort(new Error("enough")),
    () => exchange.readBody(sink),
    () => exchange.pauseBody(),
    () => exchange.resumeBody(),
    () => exchange.inform(103, ["Link", "</a>"]),
    () => exchange.upgrade(),
  ];
  exchange.onDrain = () => random(2) === 0 && attempt(() => exchange.write("more"));
  exchange.onAbort = () => attempt(steps[random(steps.length)]);
  exchange.onFlushed = () => attempt(steps[random(steps.length)]);
  const count = 1 + random(8);
  const later = [
    (work) => work(),
    (work) => work(),
    (work) => queueMicrotask(work),
    (work) => setImmediate(() => work()),
    (work) => setTimeout(() => work(), random(4)),
  ];
  let index = 0;
  const next = () => {
    if (index++ < count)
      later[random(later.length)](() => {
        attempt(steps[random(steps.length)]);
        next();
      });
    // Whatever it did, the client is let go in the end.
    else
      setTimeout(() => {
        attempt(() => exchange.over || exchange.abort(new Error("over")));
        attempt(steps[random(steps.length)]);
      }, 5);
  };
  next();
}

function attempt(work) {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}
