/** Requests that go past uWebSockets' parser, and those between them that do not, on one connection: every answer is right, whatever came before and however it came in. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { keptByUws } from "../support/kept.ts";
import { RawClient, request, type RawResponse, type Target } from "../support/raw-client.ts";
import { temporaryFolder } from "../support/tools.ts";
import { HAS_UWS } from "../support/uws.ts";

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

describe.runIf(HAS_UWS).each(["fetch", "node", "wsgi"])("requests of all kinds on one connection (%s)", (name) => {
  let servers: Junicorn[];
  beforeAll(async () => {
    servers = await Promise.all(["uws", "llhttp"].map((engine) => start(engine, name, `./conformance-${name}.mjs`)));
  });
  afterAll(async () => {
    for (const server of servers) await server.kill();
  });

  it.each([1, 2, 3, 4])("are answered in order, and as by llhttp (seed %i)", async (seed) => {
    const random = randomOf(seed);
    const steps = [STEPS[0]!, ...Array.from({ length: 100 }, () => STEPS[Math.floor(random() * STEPS.length)]!)];
    const [uws, llhttp] = await Promise.all(servers.map(({ port }) => answersOf(port, steps)));
    for (const [i, step] of steps.entries()) expect([i, step, uws![i]]).toEqual([i, step, llhttp![i]]);
  });
});

describe.runIf(HAS_UWS).each(["TCP", "a unix socket"])("over %s", (kind) => {
  let server: Junicorn;
  let target: Target;
  beforeAll(async () => {
    const path = join(temporaryFolder({ onTestFinished: afterAll }), "shortcut.sock");
    server = await start("uws", "node", "./uws-shortcut.mjs", ["--bind", `unix:${path}`]);
    target = kind === "TCP" ? server.port : path;
  });
  afterAll(() => server.kill());

  const kept = (): Promise<RawClient> => keptByUws(target);
  const odd = request("GET /inspect?x", { "X-MiXed": "1", "X-Inner": "a\xe9b", Accept: "*/*" });
  const exact = ["Host", "junicorn.test", "X-MiXed", "1", "X-Inner", "a\xe9b", "Accept", "*/*"];

  /** uWebSockets has it until it has answered a request that came alone; the next one does not get there. */
  const isBack = async (client: RawClient, when: string): Promise<void> => {
    await client.send(odd);
    expect(lowered(headersSeen(await client.read())), when).toEqual(lowered(exact));
    await client.send(odd);
    expect(headersSeen(await client.read()), when).toEqual(exact);
  };

  it("a head is answered that is cut anywhere, in two or three pieces, and the whole ones behind it", async () => {
    const client = await kept();
    for (let cut = 1; cut < odd.length; cut++) {
      for (const cuts of [[cut], [cut, Math.min(odd.length, cut + 1 + (cut % 7))]]) {
        await client.send(odd, cuts);
        expect(lowered(headersSeen(await client.read())), `cut at ${cuts.join()}`).toEqual(lowered(exact));
        await isBack(client, `after a cut at ${cuts.join()}`);
      }
    }
  });

  it("a head with a piece of the next one, cut anywhere, or followed by whole ones", async () => {
    const client = await kept();
    for (let cut = 1; cut <= odd.length; cut++) {
      const more = cut % 3;
      await client.send(odd + odd + request("GET /hello").repeat(more), [odd.length + cut]);
      for (let i = 0; i < 2; i++)
        expect(lowered(headersSeen(await client.read())), `cut at ${cut}`).toEqual(lowered(exact));
      for (let i = 0; i < more; i++) expect((await client.read()).body.toString()).toBe("hello\n");
      await isBack(client, `after a cut at ${cut}`);
    }
  });

  it.each([2, 3, 20])("%i heads in one segment", async (count) => {
    const client = await kept();
    const many = Array.from({ length: count }, (_, i) => request(`GET /at?${i}`, i % 2 === 0 ? { "X-A": "a" } : {}));
    for (let round = 0; round < 3; round++) {
      await client.send(many.join(""));
      for (let i = 0; i < count; i++) expect(seen(await client.read()).target).toBe(`/at?${i}`);
      await isBack(client, "after them");
    }
  });

  it.each([
    ["four kilobytes", 1, 3000],
    ["nearly all that a request may have", 3, 5000],
    ["all that is taken past uWebSockets", 2, 8000],
    ["98 fields", 96, 1],
  ])("a head of %s", async (_, fields, size) => {
    const client = await kept();
    const names = Array.from({ length: fields }, (__, i) => [`X-${i}`, "v".repeat(size)]);
    await client.send(request("GET /inspect", Object.fromEntries(names) as Record<string, string>));
    expect(lowered(headersSeen(await client.read())).length).toBe(2 * (fields + 1));
    await isBack(client, "after it");
  });
});

// --- internal ---

function start(engine: string, name: string, app: string, more: string[] = []): Promise<Junicorn> {
  const args = ["--worker-class", "async", "--http-engine", engine, "--interface", name, ...more];
  return startJunicorn({ app, args, shared: true });
}

/** What is the same whoever answers: not when it did, nor what it says of the connection and how names of fields are written that the application is shown. */
async function answersOf(port: number, steps: readonly string[]): Promise<unknown[]> {
  const client = await RawClient.connect(port);
  onTestFinished(() => client.destroy());
  const answers: unknown[] = [];
  for (const step of steps) {
    await client.send(step);
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

function seen({ body }: RawResponse): { target: string; headers: string[] } {
  return JSON.parse(body.toString()) as { target: string; headers: string[] };
}

function headersSeen(response: RawResponse): string[] {
  return seen(response).headers;
}

/** As uWebSockets gives them out: names in lower case. */
function lowered(list: readonly string[]): string[] {
  return list.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
}

/** Numbers from 0 to 1, the same for a seed. */
function randomOf(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}
