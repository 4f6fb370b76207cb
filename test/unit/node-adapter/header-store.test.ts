/** Whatever an application does with its fields, it cannot tell our response from Node's. */

import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { handlerOf } from "./run.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

type Step = readonly [method: string, ...args: unknown[]];

const name = fc.constantFrom<unknown>(
  ...[
    "X-A",
    "x-a",
    "X-B",
    "Set-Cookie",
    "set-cookie",
    "Content-Type",
    "1",
    "0",
    "__proto__",
    "constructor",
    "toString",
  ],
  ...["bad name", "", "bad\u00e9", 5, undefined, null],
);
const scalar = fc.constantFrom<unknown>(
  "a",
  "",
  "b, c",
  "\u00e9",
  "bad\n",
  "bad\u0100",
  "\t",
  0,
  12.5,
  true,
  null,
  undefined,
  {},
);
const value = fc.oneof({ weight: 3, arbitrary: scalar }, fc.array(scalar, { maxLength: 3 }));
const fields = fc.oneof(
  fc.array(fc.tuple(name, value), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs) as object),
  fc.array(fc.tuple(name, value), { maxLength: 3 }).map((pairs) => pairs.flat() as unknown[]),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom("setHeader", "appendHeader"), name, value) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("getHeader", "hasHeader", "removeHeader"), name) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("getHeaders", "getHeaderNames", "getRawHeaderNames")) },
  fc.tuple(
    fc.constant("setHeaders"),
    fc.array(fc.tuple(name, value), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  ),
  fc.tuple(fc.constant("writeHead"), fc.constantFrom(200, 204, 99), fields),
);

/** What each step returned or threw, and what is left in the end. */
function play(response: ServerResponse, steps: readonly Step[]): unknown[] {
  const end: Step[] = [["getHeaders"], ["getHeaderNames"], ["getRawHeaderNames"], ["hasHeader", "hasownproperty"]];
  return [...steps, ...end].map(([method, ...args]) => {
    try {
      const result = (response as unknown as Record<string, (...args: unknown[]) => unknown>)[method]!(
        ...structuredClone(args), // Node keeps a list that it was given, and appends to it
      );
      return result === response ? "this" : structuredClone(result);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { code, message };
    }
  });
}

function ours(): ServerResponse {
  let response: ServerResponse | undefined;
  const app = (_req: IncomingMessage, res: ServerResponse): unknown => (response = res);
  handlerOf(app).handle(new RecordingExchange());
  return response!;
}

it("keeps fields as Node does, and refuses what Node refuses, in its words", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const nodes = new ServerResponse(new IncomingMessage(null as unknown as Socket));
      expect(play(ours(), steps)).toEqual(play(nodes, steps));
    }),
    { numRuns: 500 },
  );
});
