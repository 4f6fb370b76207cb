/** The request corpus over real sockets: what is valid is served, what is not is refused, logged, and closes. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Junicorn } from "../support/junicorn.ts";
import { RawClient } from "../support/raw-client.ts";
import { invalidCases, validCases, type CorpusLimits, type ExpectedRequest } from "../support/request-corpus.ts";
import { valueOf, type RawResponse } from "../support/response-parser.ts";
import { startSubject, SUBJECTS, type Subject } from "../support/subjects.ts";

// What leaves HTTP behind has tests of its own.
const valid = byLimits(validCases().filter(({ requests }) => !requests.some((request) => request.upgrade)));
const invalid = byLimits(invalidCases());
const allLimits = [...new Set([...valid.keys(), ...invalid.keys()])];

describe.each(SUBJECTS)("$interface in $workerClass on $engine", (subject) => {
  describe.each(allLimits)("limits %s", (key) => {
    let server: Junicorn;
    beforeAll(async () => {
      server = await startSubject(subject, limitArguments(JSON.parse(key) as CorpusLimits), true);
    });
    afterAll(() => server.kill());

    it.each(valid.get(key) ?? [])("serves valid/$name", async ({ bytes, requests }) => {
      const client = await RawClient.connect(server.port);
      try {
        await client.send(bytes);
        const served = subject.keepAlive ? requests : requests.slice(0, 1);
        for (const [index, request] of served.entries()) {
          const response = await client.read(request.method);
          expect(response.status).toBe(200);
          checkInspection(subject, request, response);
          const stays = subject.keepAlive && request.keepAlive;
          if (!stays) expect(valueOf(response, "connection")?.toLowerCase()).toBe("close");
          if (index === served.length - 1 && !stays) expect(await client.closed()).toBe(true);
        }
      } finally {
        client.destroy();
      }
    });

    it.each(invalid.get(key) ?? [])("refuses invalid/$name: $about", async ({ bytes, requests, rule, status }) => {
      const client = await RawClient.connect(server.port);
      try {
        const { localPort } = client.socket;
        await client.send(bytes);
        for (let i = 0; i < requests; i++) expect((await client.read()).status).toBe(200);
        if (requests > 0 && !subject.keepAlive) {
          // Its first answer was its last: what came after it was never looked at.
          expect(await client.closed()).toBe(true);
          return;
        }
        const response = await client.read(bytes.toString("latin1").startsWith("HEAD ") ? "HEAD" : "GET");
        expect(response.status).toBe(status);
        expect(valueOf(response, "connection")?.toLowerCase()).toBe("close");
        expect(valueOf(response, "content-type")).toMatch(/^text\/plain\b/);
        expect(response.body.toString()).toMatch(/^[ -~]+\n$/);
        expect(await client.closed()).toBe(true);
        await server.waitFor(new RegExp(`\\[WARNING\\].*127\\.0\\.0\\.1:${localPort}\\b.*\\(${rule}\\)`));
      } finally {
        client.destroy();
      }
    });
  });
});

// --- internal ---

function byLimits<T extends { limits: CorpusLimits }>(cases: T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of cases) {
    const key = JSON.stringify(entry.limits);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return groups;
}

function limitArguments({ requestLine, fields, fieldSize }: CorpusLimits): string[] {
  return [
    ["--limit-request-line", requestLine],
    ["--limit-request-fields", fields],
    ["--limit-request-field-size", fieldSize],
  ]
    .map(String)
    .flatMap((pair) => pair.split(","));
}

function checkInspection(subject: Subject, request: ExpectedRequest, response: RawResponse): void {
  if (request.method === "HEAD") return;
  const seen = JSON.parse(response.body.toString()) as {
    method: string;
    target: string;
    body: string;
    headers: string[];
    trailers?: string[];
  };
  expect(seen.method).toBe(request.method);
  if (subject.interface === "fetch") {
    // The standard gives a URL, normalised, and no body to a GET.
    if (request.method !== "GET") expect(seen.body).toBe(request.body);
    return;
  }
  expect(seen.target).toBe(request.target);
  expect(seen.body).toBe(request.body);
  if (subject.interface === "node") {
    // uWebSockets tells names in lower case only.
    const spelling = (name: string): string => (subject.engine === "uws" ? name.toLowerCase() : name);
    const names = (headers: string[]): string[] => headers.map((text, i) => (i % 2 === 0 ? spelling(text) : text));
    expect(names(seen.headers)).toEqual(names(request.headers.flat()));
    expect(seen.trailers).toEqual(request.trailers.flat());
  }
}
