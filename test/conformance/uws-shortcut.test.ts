/** Requests that go past uWebSockets' parser, and those between them that do not, on one connection: every answer is right, whatever came before and however it came in. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Junicorn } from "../support/junicorn.ts";
import { keptByUws } from "../support/kept.ts";
import { request, type RawClient, type RawResponse, type Target } from "../support/raw-client.ts";
import { HAS_UWS } from "../support/uws.ts";
import { onBothEngines, randomOf, randomSteps, startOver } from "../support/uws-steps.ts";

describe.runIf(HAS_UWS).each(["fetch", "node", "wsgi"])("requests of all kinds on one connection (%s)", (name) => {
  const check = onBothEngines(name);

  it.each([1, 2, 3, 4])("are answered in order, and as by llhttp (seed %i)", (seed) =>
    check(randomSteps(randomOf(seed), 100)),
  );
});

describe.runIf(HAS_UWS).each(["TCP", "a unix socket"])("over %s", (kind) => {
  let server: Junicorn;
  let target: Target;
  beforeAll(async () => {
    ({ server, target } = await startOver(kind, "node", "./uws-shortcut.mjs"));
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
