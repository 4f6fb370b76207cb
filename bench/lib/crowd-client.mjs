/**
 * Many connections from one process: `node crowd-client.mjs PORT CONNECTIONS SECONDS`. Each sends a request as soon as it is open, and asks again
 * now and then while the others open. With SECONDS 0 all are idle from then on, until standard input ends; else each asks once a second for
 * SECONDS. A line of JSON says how it went.
 */

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const [port, count, seconds] = process.argv.slice(2).map(Number);
const REQUEST = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
/** All of 127/8 is loopback: each source address has ports of its own. */
const SOURCES = 4;
const OPENING_AT_ONCE = 100;
const TICK_MS = 5;
/** Servers close idle connections, uWebSockets after 8 s: on a slow machine the first would be gone before the last is open. */
const REFRESH_MS = 3000;
const PATIENCE_MS = 5000;

const latencies = [];
const errors = new Map();
let answered = 0;

class Client {
  /** When the request being waited for was due, or 0. Lateness of ours or of an earlier answer counts as latency. */
  #asked = 0;
  #length = 0;
  #text = "";
  #dead = false;
  #onAnswer = null;
  /** When to ask next. */
  due = Infinity;

  open(index) {
    return new Promise((resolve) => {
      const source = `127.0.0.${1 + (index % SOURCES)}`;
      const socket = (this.socket = connect({ port, host: "127.0.0.1", localAddress: source, noDelay: true }));
      this.#onAnswer = resolve;
      socket.setEncoding("latin1");
      socket.on("connect", () => this.ask(performance.now()));
      socket.on("data", (text) => this.#read(text));
      socket.on("error", (error) => this.#fail(error.code ?? error.message));
      socket.on("close", () => this.#fail("closed"));
    });
  }

  get free() {
    return this.#asked === 0 && !this.#dead;
  }

  get waits() {
    return this.#asked !== 0 && !this.#dead;
  }

  ask(due) {
    this.#asked = due;
    this.socket.write(REQUEST);
  }

  stop() {
    if (this.waits) this.#fail("no answer in time");
    this.#dead = true;
    this.socket.destroy();
  }

  #read(text) {
    this.#text += text;
    if (this.#length === 0) {
      const end = this.#text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = /\r\ncontent-length: (\d+)/i.exec(this.#text)?.[1];
      if (!this.#text.startsWith("HTTP/1.1 200 ") || length === undefined) return this.#fail("not the answer");
      this.#length = end + 4 + Number(length);
    }
    if (this.#text.length < this.#length) return;
    if (this.#text.length > this.#length) return this.#fail("more than the answer");
    latencies.push(performance.now() - this.#asked);
    answered++;
    this.#asked = 0;
    this.#text = "";
    this.#length = 0;
    this.#onAnswer?.();
    this.#onAnswer = null;
  }

  #fail(why) {
    if (this.#dead) return;
    this.#dead = true;
    errors.set(why, (errors.get(why) ?? 0) + 1);
    this.socket.destroy();
    this.#onAnswer?.();
  }
}

const clients = Array.from({ length: count }, () => new Client());
const opened = new AbortController();
await Promise.all([openAll().then(() => opened.abort()), askUntil(() => opened.signal.aborted, REFRESH_MS)]);
await lastAnswers();
if (seconds === 0) {
  report();
  await new Promise((resolve) => process.stdin.once("end", resolve).resume());
} else {
  latencies.length = 0;
  answered = 0;
  const began = performance.now();
  for (const [index, client] of clients.entries()) client.due = began + (index * 1000) / count;
  await askUntil(() => performance.now() >= began + seconds * 1000, 1000);
  await lastAnswers();
  for (const client of clients) client.stop();
  report();
}
process.exit();

async function openAll() {
  const waiting = clients.entries();
  const opener = async () => {
    for (const [index, client] of waiting) {
      await client.open(index);
      client.due = performance.now() + REFRESH_MS;
    }
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, opener));
}

async function askUntil(done, interval) {
  while (!done()) {
    const now = performance.now();
    for (const client of clients) {
      if (client.due > now || !client.free) continue;
      client.ask(client.due);
      client.due += interval;
    }
    await sleep(TICK_MS);
  }
}

async function lastAnswers() {
  const patience = performance.now() + PATIENCE_MS;
  while (clients.some((client) => client.waits) && performance.now() < patience) await sleep(TICK_MS);
}

function report() {
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  const result = { requests: answered, p50: at(0.5), p99: at(0.99), most: at(1), errors: Object.fromEntries(errors) };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
