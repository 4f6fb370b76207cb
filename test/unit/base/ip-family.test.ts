import { isIP } from "node:net";
import { expect, test } from "vitest";
import fc from "fast-check";
import { ipFamily } from "../../../src/base/ip-family.ts";

test.each([
  ["127.0.0.1", 4],
  ["::1", 6],
  ["::ffff:192.0.2.1", 6],
  ["fe80::1%eth0", 6],
  ["fe80::1%", 0],
  ["127.1", 0],
  ["[::1]", 0],
  ["::1 ", 0],
  ["1::2::3", 0],
  ["localhost", 0],
  ["", 0],
])("%j is of family %i", (text, family) => {
  expect(ipFamily(text)).toBe(family);
});

test("it says what Node says, whatever is put together of the letters of addresses", () => {
  const letters = fc.constantFrom(..."0123456789abcdefABCDEFg:::::....%z \0".split(""));
  const texts = fc.oneof(fc.string({ unit: letters, maxLength: 48 }), fc.ipV6(), fc.ipV4(), fc.ipV4Extended());
  fc.assert(
    fc.property(texts, (text) => {
      expect(ipFamily(text)).toBe(isIP(text));
    }),
    { numRuns: 2000 },
  );
});
