/** What an application does wrong: logged with its stack, answered with 500 if that is still possible, else cut. */

import { expect, it } from "vitest";
import { exchange, RawClient, request } from "../support/raw-client.ts";
import { valuesOf, type RawResponse } from "../support/response-parser.ts";
import { describeSubjects } from "../support/subjects.ts";

describeSubjects((subject, server) => {
  /** The answer, or null if the connection was reset before there was one; nothing may follow it. */
  async function answerOrCut(line: string): Promise<RawResponse | null> {
    const client = await RawClient.connect(server().port);
    try {
      await client.send(request(line, { Connection: "close" }));
      const response = await client.read().catch(() => null);
      expect(await client.closed()).toBe(true);
      return response;
    } finally {
      client.destroy();
    }
  }

  it.each([
    ["/throw", "thrown on purpose"],
    ["/reject", "rejected on purpose"],
  ])("answers %s with 500 and logs the stack and the request", async (path, message) => {
    const response = await exchange(server().port, request(`GET ${path}?secret=1`));
    expect(response).toMatchObject({ status: 500, cut: false });
    expect(response.body.toString()).not.toContain(message);
    await server().waitFor(
      new RegExp(`\\[ERROR\\][^]*GET ${path}[^]*${message}[^]*conformance-${subject.interface}\\.mjs:\\d+`),
    );
  });

  it.each(["late", "behind"])(
    "cuts an answer whose application fails in the middle, and sends what came before: %s",
    async (when) => {
      const response = await exchange(server().port, request(`GET /throw-${when}`));
      expect(response).toMatchObject({ status: 200, cut: true });
      expect(response.body.toString()).toBe("first");
      await server().waitFor(new RegExp(`thrown ${when} on purpose`));
    },
  );

  it.each(["/bad-header", "/bad-name"])("answers 500 for %s: nothing of it goes on the wire", async (path) => {
    const response = await exchange(server().port, request(`GET ${path}`));
    expect(response.status).toBe(500);
    expect(valuesOf(response, "set-cookie")).toEqual([]);
    expect(JSON.stringify(response.headers)).not.toMatch(/x.bad/i);
    await server().waitFor(new RegExp(`\\[ERROR\\][^]*GET ${path}`));
  });

  it("never lets an answer that is shorter than its Content-Length look whole", async () => {
    const response = await answerOrCut("GET /declared?length=10&bytes=5");
    if (response?.status === 200) expect(response).toMatchObject({ framing: "length", cut: true });
    else expect(response?.status ?? 500).toBe(500);
    await server().waitFor(/\[ERROR\][^]*Content-Length/);
  });

  it("never sends more than Content-Length", async () => {
    const response = await answerOrCut("GET /declared?length=10&bytes=15");
    // Nothing or a 500 are as good; what never happens is an eleventh byte that reads as the next answer.
    if (response?.status === 200) expect(response.body.length).toBeLessThanOrEqual(10);
    else expect(response?.status ?? 500).toBe(500);
    await server().waitFor(/\[ERROR\][^]*Content-Length/);
  });

  it("goes on serving after all of that, in the same worker", async () => {
    const pids = server().workers;
    for (const path of ["/throw", "/throw-late", "/bad-header", "/reject"]) {
      await exchange(server().port, request(`GET ${path}`));
      expect((await exchange(server().port, request("GET /hello"))).status).toBe(200);
    }
    expect(server().workers).toEqual(pids);
  });
});
