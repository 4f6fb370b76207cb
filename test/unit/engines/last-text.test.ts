/** A text that is answered again is sent from bytes made before, and they are always its own. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { LastText } from "../../../src/engines/uws/last-text.ts";

test("whatever is answered in whatever order, the bytes are those of the text", () => {
  const text = fc.constantFrom("", "a", "b", "é", "x".repeat(4096), "x".repeat(4095) + "y", "long ".repeat(1000));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), (texts) => {
      const last = new LastText();
      for (const one of texts) {
        const given = last.bytesOf(one);
        expect(typeof given === "string" ? given : new TextDecoder().decode(given)).toBe(one);
      }
    }),
  );
});

test("bytes are there from the second time on, and not for long texts", () => {
  const last = new LastText();
  const kinds = ["a", "a", "a", "b", "b", "a"].map((text) => typeof last.bytesOf(text));
  expect(kinds).toEqual(["string", "object", "object", "string", "object", "string"]);
  const long = "x".repeat(5000);
  expect([long, long].map((text) => last.bytesOf(text))).toEqual([long, long]);
});
