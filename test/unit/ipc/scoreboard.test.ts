import { expect, test } from "vitest";
import { peerName } from "../../../src/base/peer-name.ts";
import type { RowSource } from "../../../src/ipc/request-rows.ts";
import {
  bucketOf,
  bucketStart,
  Histogram,
  Row,
  scoreboardSize,
  Slot,
  slotSize,
} from "../../../src/ipc/scoreboard-layout.ts";
import { ScoreboardSlot } from "../../../src/ipc/scoreboard.ts";
import { SlotTelemetry, type BegunRequest } from "../../../src/ipc/slot-telemetry.ts";

const SHAPE = { slots: 3, rows: 4 };

/** A writer and a reader over the same memory, as worker and master are. */
function pair(): { worker: ScoreboardSlot; master: ScoreboardSlot; buffer: ArrayBuffer } {
  const buffer = new ArrayBuffer(scoreboardSize(SHAPE));
  const offset = slotSize(SHAPE);
  return {
    worker: new ScoreboardSlot(buffer, offset, SHAPE.rows),
    master: new ScoreboardSlot(buffer, offset, SHAPE.rows),
    buffer,
  };
}

function request(target: string, peer: Partial<RowSource["peer"]> = {}): BegunRequest {
  return { method: "GET", target, startedAt: 0, peer: { remoteAddress: "192.0.2.7", remotePort: 40123, ...peer } };
}

test("parts of a slot begin on cache lines and slots on pages", () => {
  for (const offset of [Slot.FIELDS, Slot.HISTOGRAM, Slot.STACK, Slot.ROWS, Row.SIZE]) expect(offset % 64).toBe(0);
  expect(slotSize(SHAPE) % 4096).toBe(0);
  expect(Row.PEER + Row.PEER_BYTES).toBeLessThanOrEqual(Row.SIZE);
});

test("every duration falls into the bucket whose bounds enclose it", () => {
  for (let us = 0; us < 0xfffffff; us = us * 1.07 + 1) {
    const whole = Math.floor(us);
    // Half a microsecond more, so that the way through milliseconds cannot round it down.
    const bucket = bucketOf((whole + 0.5) / 1000);
    expect(bucketStart(bucket)).toBeLessThanOrEqual(whole);
    if (bucket + 1 < Histogram.BUCKETS) expect(bucketStart(bucket + 1)).toBeGreaterThan(whole);
  }
  expect(bucketOf(1e12)).toBe(Histogram.BUCKETS - 1);
  expect(bucketOf(-1)).toBe(0);
});

test("a request is visible to a reader from begin to end, and counted then", () => {
  const { worker, master } = pair();
  const telemetry = new SlotTelemetry(worker, 1000);
  const first = telemetry.begin(request("/slow?x=1"));
  const second = telemetry.begin({ ...request("/fast", { remoteAddress: "", remotePort: 0 }), startedAt: 1000 });
  expect(master.get("active")).toBe(2);
  expect(master.rows.list()).toEqual([
    { id: 1, since: 1000, method: "GET", target: "/slow?x=1", peer: "192.0.2.7:40123" },
    { id: 2, since: 2000, method: "GET", target: "/fast", peer: "unix" },
  ]);
  expect(master.rows.oldest()).toBe(1000);

  telemetry.end(first, { status: 404, bytesSent: 10 }, 3);
  telemetry.end(second, { status: 0, bytesSent: 0 }, 3);
  expect(master.rows.list()).toEqual([]);
  expect(master.rows.oldest()).toBe(0);
  expect(master.get("active")).toBe(0);
  expect(master.get("requests")).toBe(2);
  expect(master.get("bytes")).toBe(10);
  expect(master.get("status4xx")).toBe(1);
  expect(master.get("unanswered")).toBe(1);
  expect(master.histogram[bucketOf(3)]).toBe(2);
});

test("long texts are cut, and a cut target says so", () => {
  const { worker, master } = pair();
  new SlotTelemetry(worker, 1).begin({
    ...request("/" + "a".repeat(500), { remoteAddress: "f".repeat(60) }),
    method: "VERYLONGMETHODNAME",
  });
  const [row] = master.rows.list();
  expect(row).toMatchObject({ method: "VERYLONGMETH", target: "/" + "a".repeat(111) + "…" });
  expect(row!.peer).toMatch(/^f{40}:40123$/);
});

test("requests beyond the rows are counted but not listed, and rows are used again", () => {
  const { worker, master } = pair();
  const telemetry = new SlotTelemetry(worker, 1);
  const rows = Array.from({ length: 6 }, (_, i) => telemetry.begin(request(`/${i}`)));
  expect(rows.slice(4)).toEqual([-1, -1]);
  expect(master.get("rowOverflow")).toBe(2);
  expect(master.get("active")).toBe(6);
  expect(master.rows.list()).toHaveLength(4);
  for (const row of rows) telemetry.end(row, { status: 200, bytesSent: 0 }, 1);
  expect(master.get("active")).toBe(0);
  for (let i = 0; i < 100; i++) telemetry.end(telemetry.begin(request("/again")), { status: 200, bytesSent: 0 }, 1);
  expect(master.rows.list()).toEqual([]);
});

test("clients are named as in the log", () => {
  const { worker, master } = pair();
  const telemetry = new SlotTelemetry(worker, 1);
  const longest = Array.from({ length: 8 }, () => "2001").join(":");
  for (const remoteAddress of ["", "192.0.2.7", "2001:db8::7", longest])
    for (const remotePort of remoteAddress === "" ? [0] : [0, 7, 80, 443, 8080, 65535]) {
      const row = telemetry.begin(request("/", { remoteAddress, remotePort }));
      expect(master.rows.list()[0]!.peer).toBe(peerName(remoteAddress, remotePort, ""));
      telemetry.end(row, { status: 200, bytesSent: 0 }, 1);
    }
});

test("a slot that was cleared shows nothing of its former worker, and its neighbours are untouched", () => {
  const { worker, master, buffer } = pair();
  const neighbour = new ScoreboardSlot(buffer, 0, SHAPE.rows);
  const telemetry = new SlotTelemetry(worker, 1);
  for (let i = 0; i < 6; i++) telemetry.begin(request(`/${i}`));
  expect(neighbour.fields.every((value) => value === 0)).toBe(true);
  expect(neighbour.rows.list()).toEqual([]);
  master.clear();
  expect(worker.fields.every((value) => value === 0)).toBe(true);
  const successor = new SlotTelemetry(new ScoreboardSlot(buffer, slotSize(SHAPE), SHAPE.rows), 5);
  successor.begin(request("/new"));
  expect(master.rows.list()).toMatchObject([{ id: 1, target: "/new" }]);
});

test("nonsense that a dying worker left behind does not hurt the reader", () => {
  const { master, buffer } = pair();
  new Uint8Array(buffer).fill(0xff, slotSize(SHAPE), 2 * slotSize(SHAPE));
  expect(() => master.rows.list()).not.toThrow();
  master.set("rowsTouched", 1000);
  expect(master.rows.list().length).toBeLessThanOrEqual(SHAPE.rows);
  expect(() => master.rows.oldest()).not.toThrow();
  expect(master.stack.text.length).toBeLessThanOrEqual(16 * 1024);
  master.clear();
  expect(master.rows.list()).toEqual([]);
});

test("a stack is told from the one before by its sequence number", () => {
  const { worker, master } = pair();
  expect(master.stack).toEqual({ sequence: 0, text: "" });
  const text = new TextEncoder().encode("    at spin (app.js:3:1)\n");
  worker.stackArea.set(text, 8);
  const head = new Int32Array(worker.stackArea.buffer, worker.stackArea.byteOffset, 2);
  head[1] = text.length;
  head[0] = 1;
  expect(master.stack).toEqual({ sequence: 1, text: "    at spin (app.js:3:1)\n" });
  master.clear();
  expect(master.stack.sequence).toBe(1);
});
