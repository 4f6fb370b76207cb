/** The request corpus against the native parser: whole, byte by byte, and cut in two at every place. */

import { describe, expect, it } from "vitest";
import { parseAll, type Parsed } from "../support/parse-all.ts";
import { invalidCases, validCases, type ValidCase } from "../support/request-corpus.ts";

/** How the bytes are fed: the pieces of an input. */
const FEEDS: Record<string, (bytes: Buffer) => Buffer[]> = {
  whole: (bytes) => [bytes],
  "byte by byte": (bytes) => Array.from(bytes, (_, index) => bytes.subarray(index, index + 1)),
};

for (const [how, cut] of Object.entries(FEEDS)) {
  describe(how, () => {
    it.each(validCases())("valid/$name: $about", ({ bytes, limits, requests }) => {
      expect(parseAll(cut(bytes), limits)).toEqual({ requests: requests.map(expected), rule: null });
    });

    it.each(invalidCases())("invalid/$name: $about", ({ bytes, limits, rule, requests }) => {
      const outcome = parseAll(cut(bytes), limits);
      expect(outcome.rule).toBe(rule);
      expect(outcome.requests).toHaveLength(requests);
    });
  });
}

describe("cut in two at every place", () => {
  it.each([...validCases(), ...invalidCases()].filter(({ bytes }) => bytes.length < 600))(
    "$name",
    ({ bytes, limits }) => {
      const whole = parseAll([bytes], limits);
      for (let at = 1; at < bytes.length; at++) {
        expect(parseAll([bytes.subarray(0, at), bytes.subarray(at)], limits), `cut at ${at}`).toEqual(whole);
      }
    },
  );
});

// --- internal ---

function expected(request: ValidCase["requests"][number]): Parsed {
  return { upgrade: false, expectContinue: false, ...request, complete: true };
}
