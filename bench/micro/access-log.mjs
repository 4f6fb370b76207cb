/**
 * What a line of the access log costs, in nanoseconds: composing it, and composing and writing it in batches of the size that a busy
 * loop makes. Numbers are for comparing within one run.
 *
 *     npm run build && node bench/micro/access-log.mjs
 */

import { LineFile } from "../../dist/base/line-file.js";
import { compileAccessLog, DEFAULT_ACCESS_LOG_FORMAT } from "../../dist/http/access-log.js";

const REQUEST = {
  method: "GET",
  target: "/api/items/42?fields=name,price",
  httpMinor: 1,
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
const LINES = 20_000;

for (const [name, format] of Object.entries(formats)) {
  let characters = 0;
  await measure(
    `${name}, composed`,
    compileAccessLog(format, (line) => (characters += line.length)),
  );
  if (characters === 0) throw new Error("nothing was logged");

  const file = new LineFile({ file: "/dev/null", dashFd: 1, gatherMs: 100, note: console.log });
  const log = compileAccessLog(format, (line) => file.write(line));
  await measure(`${name}, written`, log, () => file.flush());
  if (file.dropped > 0) throw new Error("lines were dropped: these numbers say nothing");
  await file.close();
}

/** The best round: what disturbs a measurement only ever adds to it. */
async function measure(name, log, finish = () => {}) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < LINES; i++) log.log(REQUEST, 1.5);
    await finish();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / LINES);
  }
  console.log(`${name.padEnd(28)} ${best.toFixed(0).padStart(6)} ns a line`);
}
