/** Answers on connections of uWebSockets' shortcut: what goes past uWebSockets, and what does not, is the same to a client. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { askKept, keptByUws } from "../support/kept.ts";
import type { RawClient, Target } from "../support/raw-client.ts";
import { valueOf, valuesOf } from "../support/response-parser.ts";
import { temporaryFolder } from "../support/tools.ts";
import { HAS_UWS } from "../support/uws.ts";

describe.runIf(HAS_UWS).each(["TCP", "a unix socket"])("over %s, an answer", (kind) => {
  let server: Junicorn;
  let target: Target;
  beforeAll(async () => {
    const path = join(temporaryFolder({ onTestFinished: afterAll }), "answers.sock");
    const args = ["--worker-class", "async", "--http-engine", "uws", "--interface", "node", "--bind", `unix:${path}`];
    server = await startJunicorn({ app: "./uws-shortcut.mjs", args, shared: true });
    target = kind === "TCP" ? server.port : path;
  });
  afterAll(() => server.kill());

  const kept = (): Promise<RawClient> => keptByUws(target);

  it("has fields in latin-1, a text in UTF-8, and its length in bytes", async () => {
    const client = await kept();
    // From the second time on a text is sent as the bytes that it was the first time.
    for (let i = 0; i < 3; i++) {
      const response = await askKept(client, "GET /latin");
      expect([valueOf(response, "x-latin"), response.body.toString()]).toEqual(["caf\xe9", "čas 🐎"]);
      expect(valueOf(response, "content-length")).toBe("9");
      const text = "é".repeat(30_000);
      expect((await askKept(client, "GET /long-text")).body.toString() === text).toBe(true);
      expect([...(await askKept(client, "GET /bytes")).body]).toEqual([0, 255, 128, 10]);
      expect(valueOf(await askKept(client, "GET /empty"), "content-length")).toBe("0");
    }
  });

  it("without a body has none, and the next one is right", async () => {
    const client = await kept();
    for (const line of ["HEAD /latin", "HEAD /sized?bytes=5000", "GET /status?code=204", "GET /status?code=304"]) {
      expect((await askKept(client, line)).body.length).toBe(0);
      expect((await askKept(client, "GET /hello")).body.toString()).toBe("hello\n");
    }
    const [head, get] = [await askKept(client, "HEAD /hello"), await askKept(client, "GET /hello")];
    expect(valueOf(head, "content-type")).toBe(valueOf(get, "content-type"));
  });

  it("has one Date, one Server, and no Connection", async () => {
    const client = await kept();
    const [ours, own] = [await askKept(client, "GET /hello"), await askKept(client, "GET /own-fields")];
    expect([valueOf(ours, "server"), valueOf(own, "server")]).toEqual(["junicorn", "own"]);
    for (const response of [ours, own, await askKept(client, "GET /hello")]) {
      expect(Math.abs(Date.parse(valueOf(response, "date")!) - Date.now())).toBeLessThan(5000);
      expect(valuesOf(response, "connection")).toEqual([]);
    }
  });

  it.each([0, 1, 65_535, 65_536, 65_537, 200_000])("of %i bytes comes whole, now or later", async (bytes) => {
    const client = await kept();
    for (const after of ["", "&after=microtask", "&after=timer"]) {
      const response = await askKept(client, `GET /sized?bytes=${bytes}${after}`);
      expect([response.framing, response.body.equals(Buffer.alloc(bytes, "a"))]).toEqual(["length", true]);
    }
  });

  it.each([5, 9, 12])("with %i fields of 7 KB", async (fields) => {
    const client = await kept();
    const { headers, body } = await askKept(client, `GET /wide?fields=${fields}`);
    expect(headers.filter(([name]) => name.startsWith("X-")).length).toBe(fields);
    expect(body.toString()).toBe("wide");
    expect((await askKept(client, "GET /hello")).status).toBe(200);
  });

  it("that is no answer is a 500, and the connection is of use", async () => {
    const client = await kept();
    for (const path of ["/throw", "/reject", "/bad-header", "/bad-name"]) {
      expect((await askKept(client, `GET ${path}`)).status, path).toBe(500);
      expect((await askKept(client, "GET /hello")).status).toBe(200);
    }
  });

  it("whose length is wrong never looks whole", async () => {
    const client = await kept();
    const response = await askKept(client, "GET /short").catch(() => null);
    expect(response === null || response.cut || response.status === 500).toBe(true);
    expect((await askKept(await kept(), "GET /hello")).status).toBe(200);
  });

  it("that says that the connection ends is the last one", async () => {
    const client = await kept();
    const response = await askKept(client, "GET /last");
    expect([response.body.toString(), valueOf(response, "connection")]).toEqual(["last", "close"]);
    expect(await client.closed()).toBe(true);
  });
});
