import fc from "fast-check";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { expect, test } from "vitest";
import { headerValue, isFieldValue, isToken, parseLength, sameName } from "../../../src/http/headers.ts";

test("names and values are judged as Node judges them", () => {
  const passes = (check: () => void): boolean => {
    try {
      check();
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 6 }), (text) => {
      // One expectation for each text, not two: with 4,000 of them this test took seconds on a busy machine.
      const ours = [isToken(text), isFieldValue(text)];
      return (
        ours.join() === [passes(() => validateHeaderName(text)), passes(() => validateHeaderValue("x", text))].join()
      );
    }),
    { numRuns: 2000 },
  );
});

test("names compare without regard to case", () => {
  expect(sameName("Content-LENGTH", "content-length")).toBe(true);
  expect(sameName("Content_Length", "content-length")).toBe(false);
  expect(sameName("@", "`")).toBe(false);
  expect(headerValue(["A", "1", "B", "2", "a", "3"], "a")).toBe("1");
  expect(headerValue(["A", "1"], "b")).toBeUndefined();
});

test.each([
  ["0", 0],
  ["12", 12],
  ["999999999999999", 999999999999999],
  ["", -1],
  ["+1", -1],
  [" 1", -1],
  ["1,1", -1],
  ["0x1", -1],
  ["1e3", -1],
  ["9999999999999999", -1],
])("a length of %j is %i", (text, length) => {
  expect(parseLength(text)).toBe(length);
});
