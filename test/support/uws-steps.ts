/** Requests of all kinds for the uws engine, whose answers are the same on llhttp. */

import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { ask } from "./ask.ts";
import { startJunicorn, type Junicorn } from "./junicorn.ts";
import { RawClient, request, type Target } from "./raw-client.ts";
import { temporaryFolder } from "./tools.ts";

const CHUNKED = { "Transfer-Encoding": "chunked" };

/** What every interface answers in the same way. */
const STEPS = [
  request("GET /hello"),
  request("GET /hello", { "X-MiXed": "1", Cookie: "a=b" }),
  request("GET /delay?ms=1&say=later"),
  request("GET /cookies"),
  request("GET /target?a=%20&b=c"),
  request("DELETE /target"),
  request("HEAD /hello"),
  request("GET /status?code=204"),
  request("GET /status?code=304"),
  request("GET /status?code=404"),
  request("GET /stream?count=3"),
  request("GET /kept"),
  request("GET /flood?bytes=300000"),
  request("GET /declared?length=5&bytes=5"),
  request("GET /own-fields"),
  request("GET /hop"),
  request("GET /reject"),
  request("GET /throw"),
  request("GET /bad-header"),
  request("POST /target", {}, "body"),
  request("POST /unread", {}, "body"),
  request("POST /echo", {}, "body"),
  request("PUT /echo", { Expect: "100-continue" }, "body"),
  request("POST /echo", {}, "x".repeat(16_200)),
  request("POST /stream?count=3", {}, "body"),
  request("POST /throw", {}, "body"),
  request("POST /delay?ms=1&say=later", {}, "body"),
  request("POST /target", {}, "x".repeat(100_000)),
  `${request("POST /echo", CHUNKED)}3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n`,
  `${request("POST /target", CHUNKED)}3\r\nabc\r\n0\r\n\r\n`,
];

/** What uws-shortcut.mjs tells of its requests. */
export interface Seen {
  readonly served: number;
  readonly held: number;
  readonly gone: string[];
}

export async function seenBy(target: Target): Promise<Seen> {
  return JSON.parse((await ask(target, "/seen")).body) as Seen;
}

/** A worker with the uws engine, and where it is to be asked. */
export async function startOver(
  kind: string,
  name: string,
  app: string,
  more: string[] = [],
): Promise<{ server: Junicorn; target: Target }> {
  const path = join(temporaryFolder({ onTestFinished: afterAll }), "uws.sock");
  const server = await startAsync("uws", name, app, [...more, "--bind", `unix:${path}`]);
  return { server, target: kind === "TCP" ? server.port : path };
}

/** For the tests of a block: whether steps are answered in order, and on uws as by llhttp, by the behaviour app of an interface. */
export function onBothEngines(name: string): (steps: readonly string[], together?: Together) => Promise<void> {
  let servers: Junicorn[];
  beforeAll(async () => {
    servers = await Promise.all(
      ["uws", "llhttp"].map((engine) => startAsync(engine, name, `./conformance-${name}.mjs`)),
    );
  });
  afterAll(async () => {
    for (const server of servers) await server.kill();
  });
  return async (steps, together) => {
    const [uws, llhttp] = await Promise.all(servers.map(({ port }) => answersOf(port, steps, together)));
    for (const [i, step] of steps.entries()) expect([i, step, uws![i]]).toEqual([i, step, llhttp![i]]);
  };
}

/** The first step, and others by chance. */
export function randomSteps(random: () => number, count: number): string[] {
  return [STEPS[0]!, ...Array.from({ length: count }, () => STEPS[Math.floor(random() * STEPS.length)]!)];
}

/** Numbers from 0 to 1, the same for a seed. */
export function randomOf(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

// --- internal ---

/** How many leave at once from one on. */
type Together = (at: number) => number;

function startAsync(engine: string, name: string, app: string, more: string[] = []): Promise<Junicorn> {
  const args = ["--worker-class", "async", "--http-engine", engine, "--interface", name, ...more];
  return startJunicorn({ app, args, shared: true });
}

/** What is the same whoever answers: not when it did, nor what it says of the connection and how names of fields are written that the application is shown. */
async function answersOf(port: number, steps: readonly string[], together: Together = () => 1): Promise<unknown[]> {
  const client = await RawClient.connect(port);
  onTestFinished(() => client.destroy());
  const answers: unknown[] = [];
  for (let at = 0, sent = 0; at < steps.length; at++) {
    const step = steps[at]!;
    if (at === sent) {
      sent += together(at);
      await client.send(steps.slice(at, sent).join(""));
    }
    const { status, reason, headers, body, cut, framing } = await client.read(step.split(" ", 1)[0]);
    const fields = headers.filter(
      ([name]) => !/^(date|connection|keep-alive|server|content-length|transfer-encoding)$/i.test(name),
    );
    answers.push({
      status,
      reason,
      fields,
      cut,
      framing,
      body: body.toString("latin1").replace(/"headers":\[.*?\]/, (list) => list.toLowerCase()),
    });
  }
  return answers;
}
