/**
 * Messages over WebSockets, each sent back by the server: reads what is asked for as a line of JSON, prints a result as another. In a closed loop each
 * connection sends again when it has its answer; at a rate, messages are due at times of their own, and latency counts from then.
 */

import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { Histogram } from "../../dist/measure/histogram.js";

const MESSAGE = Buffer.alloc(64, "x");
const PATIENCE_MS = 3000;

const lines = createInterface(process.stdin);
lines.once("close", () => process.exit(1));
const [line] = await new Promise((resolve) => lines.once("line", (text) => resolve([text])));
const { at, connections, seconds, rate = null } = JSON.parse(line);

const histogram = new Histogram();
let errors = 0;
let firstError = null;
let answered = 0;
let over = false;

class Client {
  /** When messages that are under way were due, in order. */
  #due = [];

  open() {
    return new Promise((resolve) => {
      const socket = (this.socket = new WebSocket(`ws://127.0.0.1:${at}/`, { perMessageDeflate: false }));
      socket.on("open", resolve);
      socket.on("message", () => this.#answered());
      socket.on("error", (error) => fail(error.message));
      socket.on("close", (code) => {
        if (!over) fail(`closed with ${code}`);
        resolve();
      });
    });
  }

  send(due) {
    if (this.socket.readyState !== WebSocket.OPEN) return fail("not open");
    this.#due.push(due);
    this.socket.send(MESSAGE);
  }

  get waiting() {
    return this.#due.length;
  }

  #answered() {
    const due = this.#due.shift();
    if (over || due === undefined) return;
    const now = performance.now();
    histogram.record(now - due);
    answered++;
    if (rate === null) this.send(now);
  }
}

const clients = Array.from({ length: connections }, () => new Client());
await Promise.all(clients.map((client) => client.open()));
const cpu = process.cpuUsage();
const began = performance.now();
if (rate === null) {
  for (const client of clients) client.send(performance.now());
  await sleep(seconds * 1000);
} else {
  const total = Math.round(rate * seconds);
  for (let sent = 0; sent < total; await sleep(1))
    for (; sent < total && began + (sent * 1000) / rate <= performance.now(); sent++)
      clients[sent % connections].send(began + (sent * 1000) / rate);
  const until = performance.now() + PATIENCE_MS;
  while (clients.some((client) => client.waiting > 0) && performance.now() < until) await sleep(2);
  for (const { waiting } of clients) for (let i = 0; i < waiting; i++) fail("no answer");
}
over = true;
const took = Math.max((performance.now() - began) / 1000, seconds);
const { user, system } = process.cpuUsage(cpu);
const result = {
  ...{ driver: "ws", connections, rate, seconds: took, requests: answered, requestsPerSecond: answered / took },
  ...{
    bytesPerSecond: (answered * MESSAGE.length) / took,
    latency: histogram.latency(),
    histogram: histogram.buckets(),
  },
  ...{ errors, firstError, clientCore: (user + system) / 1e6 / took, clientLate: null },
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

function fail(why) {
  errors++;
  firstError ??= why;
}
