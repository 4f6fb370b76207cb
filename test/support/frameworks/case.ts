/** What a case is, and the short ways to write one. */

import { expect } from "vitest";
import type { Seen, Site } from "./site.ts";

/**
 * A case reduces what it sees of a served application to a value. Node's own server, running the same application, says what the value must be;
 * `expect` says what the case is about, so that two servers cannot agree on nothing.
 */
export interface Case {
  readonly name: string;
  readonly run: (site: Site) => Promise<unknown>;
  /** Part of the value, as `toMatchObject` takes it. */
  readonly expect: object;
  /** Applications that have it; all unless given. */
  readonly of?: readonly string[] | undefined;
  /** It takes seconds, and is put to uWebSockets alone. */
  readonly isLong?: boolean;
}

/** The applications with the middleware that people install. */
export const WITH_MIDDLEWARE = ["express", "koa", "fastify", "nest", "connect"] as const;

export interface GetOptions {
  readonly headers?: Record<string, string>;
  readonly of?: readonly string[];
  readonly name?: string;
}

/** A GET, unless `path` begins with another method. */
export function get(path: string, expected: object, { headers, of, name }: GetOptions = {}): Case {
  const line = path.includes(" ") ? path : `GET ${path}`;
  const fields = headers === undefined ? "" : ` with ${JSON.stringify(headers)}`;
  return { name: name ?? line + fields, run: (site) => site.ask(line, headers), expect: expected, of };
}

export function post(path: string, type: string, body: string, expected: object, of?: readonly string[]): Case {
  const run = (site: Site): Promise<Seen> => site.ask(`POST ${path}`, { "Content-Type": type }, body);
  return { name: `POST ${path} of ${type}: ${body.slice(0, 20)}`, run, expect: expected, of };
}

/** A string that matches. */
export function text(pattern: RegExp): string {
  return expect.stringMatching(pattern) as string;
}

/** A list with a line for each pattern. */
export function lines(...patterns: RegExp[]): string[] {
  return expect.arrayContaining(patterns.map(text)) as string[];
}
