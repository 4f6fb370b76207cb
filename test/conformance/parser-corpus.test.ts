/** The request corpus against the native parser: whole, byte by byte, and cut in two at every place. */

import { describe, expect, it } from "vitest";
import { parseAll, type Outcome, type Parsed } from "../support/parse-all.ts";
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
      const outcome = wholeRequests(parseAll(cut(bytes), limits));
      expect(outcome.rule).toBe(rule);
      expect(outcome.requests).toHaveLength(requests);
    });
  });
}

describe("cut in two at every place", () => {
  it.each([...validCases(), ...invalidCases()].filter(({ bytes }) => bytes.length < 600))(
    "$name",
    ({ bytes, limits }) => {
      const whole = wholeRequests(parseAll([bytes], limits));
      for (let at = 1; at < bytes.length; at++) {
        const outcome = parseAll([bytes.subarray(0, at), bytes.subarray(at)], limits);
        expect(wholeRequests(outcome), `cut at ${at}`).toEqual(whole);
      }
    },
  );
});

// --- internal ---

/** A head that came in the same piece as the error behind it is not reported: only whole requests can be compared. */
function wholeRequests(outcome: Outcome): Outcome {
  return { ...outcome, requests: outcome.requests.filter(({ complete }) => complete) };
}

function expected(request: ValidCase["requests"][number]): Parsed {
  return { upgrade: false, expectContinue: false, ...request, complete: true };
}
