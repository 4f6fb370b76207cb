import { expect, test } from "vitest";
import type { Exchange } from "../../../src/http/exchange.ts";
import { asksForWebSocket, handshakeProblem } from "../../../src/websocket/handshake.ts";

const GOOD = {
  Upgrade: "WebSocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

function exchange(fields: Record<string, string>, rest: { method?: string; hasBody?: boolean } = {}): Exchange {
  return { method: "GET", hasBody: false, rawHeaders: Object.entries(fields).flat(), ...rest } as unknown as Exchange;
}

test("only Upgrade: websocket asks for one", () => {
  expect(asksForWebSocket(exchange(GOOD))).toBe(true);
  expect(asksForWebSocket(exchange({ upgrade: "websocket" }))).toBe(true);
  expect(asksForWebSocket(exchange({ Upgrade: "h2c" }))).toBe(false);
  expect(asksForWebSocket(exchange({}))).toBe(false);
});

test.each([
  ["another method", exchange(GOOD, { method: "POST" }), 405],
  ["no version", exchange({ ...GOOD, "Sec-WebSocket-Version": "" }), 426],
  ["another version", exchange({ ...GOOD, "Sec-WebSocket-Version": "8" }), 426],
  ["no key", exchange({ ...GOOD, "Sec-WebSocket-Key": "" }), 400],
  ["a short key", exchange({ ...GOOD, "Sec-WebSocket-Key": "abc==" }), 400],
  ["a key that is no base64", exchange({ ...GOOD, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j*Q==" }), 400],
  ["a body", exchange(GOOD, { hasBody: true }), 400],
])("%s is refused", (_what, request, status) => {
  expect(handshakeProblem(request)).toMatchObject({ status });
});

test("a proper one is not, and a version that is not spoken is told of", () => {
  expect(handshakeProblem(exchange(GOOD))).toBeNull();
  const { headers } = handshakeProblem(exchange({ ...GOOD, "Sec-WebSocket-Version": "7" }))!;
  expect(headers.join(" ")).toContain("Sec-WebSocket-Version 13");
});
