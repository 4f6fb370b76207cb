/** The queue in front of the threads: order, fairness, those who leave it, and what the scoreboard says of it. */

import { EventEmitter } from "node:events";
import type { MessagePort, Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import type { Settings } from "../../../src/config/settings/index.ts";
import type { SlotField } from "../../../src/ipc/scoreboard-layout.ts";
import { Dispatcher } from "../../../src/workers/gthread/dispatcher.ts";
import type { FromThread, RequestTask, Session, ToThread } from "../../../src/workers/gthread/messages.ts";
import type { TaskPool } from "../../../src/workers/gthread/thread-pool.ts";
import type { ThreadsHost } from "../../../src/workers/worker-class.ts";
import { poll } from "../../support/poll.ts";
import { RecordingExchange, type RecordingOptions } from "../../support/recording-exchange.ts";

/** A thread that does what the test says. */
class FakeThread {
  readonly line: MessagePort;
  readonly requests: RequestTask[] = [];
  readonly others: ToThread[] = [];
  die!: (error: Error) => void;

  constructor(session: Session) {
    this.line = session.line;
    this.line.on("message", (message: ToThread) => {
      if (Array.isArray(message)) this.requests.push(message as RequestTask);
      else this.others.push(message);
    });
  }

  say(message: FromThread): void {
    this.line.postMessage(message);
  }

  answer(): void {
    this.say([this.requests.at(-1)![0], 200, "", [], "done"]);
  }
}

const opened: FakeThread[] = [];
afterEach(() => {
  for (const thread of opened.splice(0)) thread.line.close();
});

async function setUp(threads: number) {
  const fakes: FakeThread[] = [];
  const slot = new Map<SlotField, number>();
  const failed: unknown[] = [];
  const errors: string[] = [];
  const pool: TaskPool = {
    get threads() {
      return fakes.map((_, index) => Object.assign(new EventEmitter(), { threadId: index + 1 }) as unknown as Worker);
    },
    run: (session) =>
      new Promise((_, reject) => {
        const fake = new FakeThread(session);
        fake.die = reject;
        fakes.push(fake);
        opened.push(fake);
        fake.say({ type: "began", thread: fakes.length, noStacks: "none here" });
        fake.say({ type: "loaded", takesUpgrades: false });
      }),
    on: () => {},
    destroy: () => Promise.resolve(),
  };
  const host = {
    settings: { threads, threadMemoryLimit: 0, requestKillTimeout: 0.01 } as Settings,
    log: { error: (message: string) => errors.push(message), warning: () => {}, log: () => {} },
    service: { fail: (_exchange: unknown, error: unknown) => failed.push(error) },
    slot: { set: (field: SlotField, value: number) => slot.set(field, value) },
    now: () => performance.now(),
    retire: () => {},
    explainWith: () => {},
  } as unknown as ThreadsHost;
  const dispatcher = new Dispatcher(host, () => pool);
  await dispatcher.pool.ready();
  let serial = 0;
  const send = (options: RecordingOptions = {}): RecordingExchange => {
    const exchange = new RecordingExchange(options);
    exchange.serial = ++serial;
    dispatcher.handle(exchange);
    return exchange;
  };
  return { fakes, slot, failed, errors, send };
}

test("a thread has one request at a time; the rest wait in order, and the scoreboard says how many and since when", async () => {
  const { fakes, slot, send } = await setUp(1);
  const before = performance.now();
  const sent = ["/1", "/2", "/3"].map((target) => send({ target }));
  const [fake] = fakes;
  await poll(() => fake!.requests.length === 1);
  expect(slot.get("queued")).toBe(2);
  expect(slot.get("queuedSince")).toBeGreaterThanOrEqual(before);
  expect(slot.get("busyThreads")).toBe(1);
  for (let i = 0; i < 3; i++) {
    await poll(() => fake!.requests.length === i + 1);
    fake!.answer();
    await poll(() => sent[i]!.over);
  }
  expect(fake!.requests.map(([, , target]) => target)).toEqual(["/1", "/2", "/3"]);
  expect([slot.get("queued"), slot.get("queuedSince"), slot.get("busyThreads"), slot.get("threads")]).toEqual([
    0, 0, 0, 1,
  ]);
});

test("who leaves the queue is not served, and those behind move up", async () => {
  const { fakes, slot, send } = await setUp(1);
  const [first, second, third] = ["/1", "/2", "/3"].map((target) => send({ target }));
  second!.clientGone();
  await poll(() => slot.get("queued") === 1);
  await poll(() => fakes[0]!.requests.length === 1);
  fakes[0]!.answer();
  await poll(() => fakes[0]!.requests.length === 2);
  fakes[0]!.answer();
  await poll(() => first!.over && third!.over);
  expect(fakes[0]!.requests.map(([, , target]) => target)).toEqual(["/1", "/3"]);
});

test("a small body is complete before its request queues, and goes with it", async () => {
  const { fakes, send } = await setUp(1);
  send({ method: "POST", target: "/upload", body: [Buffer.from("ab"), Buffer.from("cd")] });
  const quick = send({ target: "/quick" });
  await poll(() => fakes[0]!.requests.length === 1);
  fakes[0]!.answer();
  await poll(() => quick.over && fakes[0]!.requests.length === 2);
  expect(fakes[0]!.requests.map(([, , target]) => target)).toEqual(["/quick", "/upload"]);
  expect(Buffer.from(fakes[0]!.requests[1]![12]!).toString()).toBe("abcd");
});

test("a thread that dies costs its own request, is logged with its cause, and is replaced", async () => {
  const { fakes, errors, send } = await setUp(2);
  const [lost, kept] = [send({ target: "/lost" }), send({ target: "/kept" })];
  await poll(() => fakes.every((fake) => fake.requests.length === 1));
  const doomed = fakes.find((fake) => fake.requests[0]![2] === "/lost")!;
  doomed.die(new Error("it broke"));
  await poll(() => lost.over);
  expect(lost.status).toBe(502);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(
    /has ended while it served GET \/lost from 192\.0\.2\.1:\d+, for \d\.\d s: Error: it broke/,
  );
  await poll(() => fakes.length === 3);
  fakes.find((fake) => fake.requests[0]?.[2] === "/kept")!.answer();
  await poll(() => kept.over);
  expect(kept.status).toBe(200);
});

test("what a thread said before it died is heard first", async () => {
  const { fakes, send } = await setUp(1);
  const exchange = send();
  await poll(() => fakes[0]!.requests.length === 1);
  fakes[0]!.answer();
  fakes[0]!.die(new Error("right after its answer"));
  await poll(() => exchange.over);
  expect(exchange.status).toBe(200);
});

test("an answer that streams gives credit only as the client takes it", async () => {
  const { fakes, send } = await setUp(1);
  const exchange = send();
  const [fake] = fakes;
  await poll(() => fake!.requests.length === 1);
  exchange.full = true;
  fake!.say({ type: "start", id: 1, status: 200, reason: "", headers: [] });
  fake!.say({ type: "write", id: 1, chunk: "x".repeat(100_000), length: 100_000 });
  await poll(() => exchange.bytesSent === 100_000);
  expect(fake!.others).toEqual([]);
  exchange.drain();
  await poll(() => fake!.others.length === 1);
  expect(fake!.others).toEqual([{ type: "credit", id: 1, bytes: 100_000 }]);
  fake!.say({ type: "end", id: 1, trailers: ["X", "y"] });
  await poll(() => exchange.over);
  expect(exchange.trailers).toEqual(["X", "y"]);
});
