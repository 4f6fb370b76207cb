/** Random sequences of calls leave our Headers and Node's in the same state. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { LightHeaders } from "../../../src/adapters/fetch/classes/headers.ts";
import { nodeClasses } from "../../../src/adapters/fetch/classes/node-classes.ts";
import { requestUrl } from "../../../src/adapters/fetch/classes/request-url.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

const { Headers: NodeHeaders } = nodeClasses();

type AnyHeaders = InstanceType<typeof NodeHeaders>;

const name = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "a",
      "A",
      "b",
      "Set-Cookie",
      "set-cookie",
      "cookie",
      "content-type",
      "Content-Type",
      "x-1",
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
);
const value = fc.oneof(
  fc.constantFrom("", "1", " 2 ", "a, b", "\t", "é", "x\ny"),
  fc.string({ unit: fc.integer({ min: 0, max: 0x101 }).map((code) => String.fromCharCode(code)), maxLength: 5 }),
);
const step = fc.oneof(
  fc.tuple(fc.constantFrom("append", "set"), name, value),
  fc.tuple(fc.constantFrom("delete", "get", "has"), name),
);

/** What a call gives, or that it throws. */
function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as Error).name;
  }
}

function state(headers: AnyHeaders): unknown {
  return [[...headers], [...headers.keys()], [...headers.values()], headers.getSetCookie()];
}

test("any sequence of calls", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 6 }),
      fc.array(step, { maxLength: 12 }),
      (pairs, steps) => {
        const make = (Kind: unknown) => outcome(() => new (Kind as typeof NodeHeaders)(pairs)) as AnyHeaders | string;
        const [ours, nodes] = [make(LightHeaders), make(NodeHeaders)];
        if (typeof ours === "string" || typeof nodes === "string") {
          expect(ours).toBe(nodes);
          return;
        }
        for (const [method, ...given] of steps) {
          const call = (headers: AnyHeaders) =>
            outcome(() => (headers as unknown as Record<string, (...a: string[]) => unknown>)[method]!(...given));
          expect(call(ours)).toEqual(call(nodes));
          expect(state(ours)).toEqual(state(nodes));
        }
      },
    ),
    { numRuns: 1500 },
  );
});

test("any record", () => {
  fc.assert(
    fc.property(fc.dictionary(name, value), (record) => {
      const read = (Kind: unknown) => outcome(() => [...new (Kind as typeof NodeHeaders)(record)]);
      expect(read(LightHeaders)).toEqual(read(NodeHeaders));
    }),
    { numRuns: 500 },
  );
});

test("the URL of any request is what a URL parser makes of it", () => {
  const part = fc.constantFrom(
    "a",
    "Z",
    "0",
    "/",
    ".",
    "..",
    "%2e",
    "%",
    "?",
    "&",
    "=",
    "'",
    '"',
    "<",
    "|",
    "~",
    "@",
    ":",
    ";",
    "\\",
    "[",
    "^",
    "é",
    "-",
    "_",
    "*",
  );
  const host = fc.oneof(
    fc
      .array(
        fc.constantFrom("a", "B", "1", ".", "-", "_", "xn--", "0x", "255", "256", ":", "80", "443", "8000", "%41"),
        { minLength: 1, maxLength: 6 },
      )
      .map((parts) => parts.join("")),
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  fc.assert(
    fc.property(host, fc.array(part, { maxLength: 8 }), fc.boolean(), (name, parts, encrypted) => {
      const target = `/${parts.join("")}`;
      const exchange = new RecordingExchange({ target, headers: ["Host", name], peer: { encrypted } });
      const scheme = encrypted ? "https" : "http";
      const authority = URL.canParse(`${scheme}://${name}`) ? name : "127.0.0.1:8000";
      expect(requestUrl(exchange)).toBe(new URL(`${scheme}://${authority}${target}`).href);
    }),
    { numRuns: 3000 },
  );
});
