import { expect, it } from "vitest";
import { OwnBytes } from "../../../src/http/own-bytes.ts";
import { native } from "../../../src/native.ts";

const LARGE = 65 * 1024;

it("is made of a large copy, and of nothing that others can have", () => {
  const given = new Uint8Array(LARGE).fill(7);
  const copy = OwnBytes.copyOf(given);
  expect(copy).toBeInstanceOf(OwnBytes);
  expect(copy.buffer).not.toBe(given.buffer);
  expect(Buffer.compare(copy, given)).toBe(0);
  expect(OwnBytes.copyOf(new Uint8Array(64 * 1024))).not.toBeInstanceOf(OwnBytes);
  expect(OwnBytes.takeOver(given.subarray(1))).not.toBeInstanceOf(OwnBytes);
  expect(OwnBytes.takeOver(new Uint8Array(new SharedArrayBuffer(LARGE)))).not.toBeInstanceOf(OwnBytes);
  expect(copy.subarray()).not.toBeInstanceOf(OwnBytes);
});

it("is empty once its memory is given back", () => {
  const own = OwnBytes.copyOf(new Uint8Array(LARGE));
  native().release(own.buffer as ArrayBuffer);
  expect(own).toHaveLength(0);
  expect(() => native().release({} as ArrayBuffer)).toThrow("buffer must be an ArrayBuffer");
});
