/**
 * What a line of the access log costs, in nanoseconds: composing it, and composing and writing it, with as many lines
 * a turn of the loop as a busy worker has. Numbers are for comparing within one run.
 *
 *     npm run build && node bench/micro/access-log.mjs
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as settled } from "node:timers/promises";
import { LineFile } from "../../dist/base/line-file.js";
import { compileAccessLog, DEFAULT_ACCESS_LOG_FORMAT } from "../../dist/http/access-log.js";

const REQUEST = {
  method: "GET",
  target: "/api/items/42?fields=name,price",
  httpVersion: "1.1",
  rawHeaders: [
    "Host",
    "shop.example.com",
    "Connection",
    "keep-alive",
    "Accept",
    "text/html,application/xhtml+xml",
    "Accept-Encoding",
    "gzip, deflate, br",
    "Accept-Language",
    "en",
    "Referer",
    "https://shop.example.com/",
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    "Cookie",
    "a=1",
  ],
  peer: {
    remoteAddress: "192.0.2.1",
    remotePort: 50000,
    localAddress: "127.0.0.1",
    localPort: 8000,
    unixPath: "",
    encrypted: false,
  },
  status: 200,
  responseHeaders: ["Content-Type", "application/json"],
  bytesSent: 1234,
  startedAt: 0,
};

const formats = {
  "default format": DEFAULT_ACCESS_LOG_FORMAT,
  "every atom":
    '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(m)s %(U)s %(q)s %(H)s %(s)s %(B)s %(b)s "%(f)s" "%(a)s" %(T)s %(M)s %(D)s %(L)s %(p)s %({host}i)s %({content-type}o)s %({REMOTE_PORT}e)s',
};
const ROUNDS = 10;
const TURNS = 200;
const LINES_PER_TURN = 64;

const folder = mkdtempSync(join(tmpdir(), "junicorn-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const nothing = await measure(() => {});
for (const [name, format] of Object.entries(formats)) {
  const composed = compileAccessLog(format, () => {});
  report(`${name}, composed`, await measure(() => composed.log(REQUEST, 1.5)));

  const file = new LineFile({ file: `${folder}/log`, dashFd: 1, gatherMs: 100, note: console.log });
  const written = compileAccessLog(format, (line) => file.write(line));
  report(`${name}, written`, await measure(() => written.log(REQUEST, 1.5)));
  await file.close();
  if (file.dropped > 0) throw new Error("lines were dropped: the numbers say nothing");
}

/** Nanoseconds a line, of the best round: what disturbs a measurement only ever adds to it. */
async function measure(line) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let turn = 0; turn < TURNS; turn++) {
      for (let i = 0; i < LINES_PER_TURN; i++) line();
      await settled();
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / TURNS / LINES_PER_TURN);
  }
  return best;
}

function report(name, nanoseconds) {
  console.log(`${name.padEnd(28)} ${(nanoseconds - nothing).toFixed(0).padStart(6)} ns a line`);
}
