import { expect, test } from "vitest";
import { describeDrain, type DrainResult } from "../../../src/workers/leaving/drain-report.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

const NOTHING: DrainResult = { milliseconds: 1234, served: 5, idle: 2, requests: [], streams: [], webSockets: 0 };

test("idle connections that were cut are told, and nothing to be warned of", () => {
  expect(describeDrain(NOTHING)).toEqual({
    level: "info",
    text: "after 1.2 s, in which it answered 5 request(s); cut 2 idle connection(s), 0 request(s), 0 stream(s), 0 WebSocket(s)",
  });
});

test("requests and streams are named with their age and what became of them, the first twenty", () => {
  const request = new RecordingExchange({ target: "/slow\u0007" });
  const stream = new RecordingExchange({ target: "/events" });
  request.startedAt = performance.now() - 3100;
  stream.bytesSent = 42;
  const { level, text } = describeDrain({ ...NOTHING, requests: [request], streams: [stream] });
  expect(level).toBe("warning");
  const [, first, second] = text.split("\n");
  expect(first).toMatch(/^ {4}GET \/slow\\x07 from .*, running for 3\.\d s, answered 503$/);
  expect(second).toMatch(/GET \/events from .*, 42 bytes of its answer sent$/);
  const many = describeDrain({ ...NOTHING, streams: Array.from({ length: 25 }, () => stream) }).text.split("\n");
  expect([many.length, many.at(-1)]).toEqual([22, "    and 5 more"]);
});

test("WebSockets that were cut are a warning", () => {
  expect(describeDrain({ ...NOTHING, webSockets: 1 }).level).toBe("warning");
});
