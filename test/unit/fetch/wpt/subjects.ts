/**
 * Runs a suite over our fetch classes and over Node's own: what the standard says must hold alike for both. The suites of this
 * folder follow the web-platform tests in topic and coverage (https://github.com/web-platform-tests/wpt/tree/master/fetch/api).
 */

import { describe, expect, test } from "vitest";
import { LightHeaders } from "../../../../src/adapters/fetch/classes/headers.ts";
import { nodeClasses } from "../../../../src/adapters/fetch/classes/node-classes.ts";
import { LightRequest } from "../../../../src/adapters/fetch/classes/request.ts";
import { LightResponse } from "../../../../src/adapters/fetch/classes/response.ts";

export interface FetchClasses {
  readonly name: string;
  readonly Request: typeof LightRequest;
  readonly Response: typeof LightResponse;
  readonly Headers: typeof LightHeaders;
}

export const light: FetchClasses = {
  name: "ours",
  Request: LightRequest,
  Response: LightResponse,
  Headers: LightHeaders,
};

export const node: FetchClasses = {
  name: "Node's",
  Request: nodeClasses().Request as unknown as typeof LightRequest,
  Response: nodeClasses().Response as unknown as typeof LightResponse,
  Headers: nodeClasses().Headers as unknown as typeof LightHeaders,
};

/** One case. `nodeDeviates` says in what Node 20 itself is not up to the standard: there the case must fail. */
export type Case = (title: string, run: () => unknown, options?: { nodeDeviates?: string }) => void;

export function overSubjects(suite: string, define: (classes: FetchClasses, check: Case) => void): void {
  for (const classes of [light, node]) {
    describe(`${suite}: ${classes.name}`, () => {
      define(classes, (title, run, { nodeDeviates } = {}) => {
        if (classes === light || nodeDeviates === undefined) test(title, run as () => void);
        else if (process.versions.node.startsWith("20."))
          test.fails(`${title} (Node 20: ${nodeDeviates})`, run as () => void);
      });
    });
  }
}

/** What a name is called in a title. */
export function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

export async function rejectsWith(promise: Promise<unknown>, kind: new (...a: never[]) => Error): Promise<void> {
  await expect(promise).rejects.toBeInstanceOf(kind);
}

/** Reads a stream to its end as text. */
export async function readAll(stream: ReadableStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
}

export function streamOf(...chunks: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
      controller.close();
    },
  });
}
