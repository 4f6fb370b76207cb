/** Frameworks run unchanged, with the light classes installed and without. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installFastFetch, uninstallFastFetch } from "../../../src/adapters/fetch/index.ts";
import { serve, serveWithNode, type ServeOptions } from "./support.ts";

const modes: [string, (app: unknown, options?: ServeOptions) => ReturnType<typeof serve>, () => void][] = [
  ["with the light classes", (app, options) => serve(app, options), installFastFetch],
  [
    "with Node's",
    (app, options) =>
      serveWithNode((request, info) => (app as { fetch(...a: unknown[]): unknown }).fetch(request, info), options),
    uninstallFastFetch,
  ],
];

describe.each(modes)("frameworks %s", (_, run, prepare) => {
  beforeEach(prepare);
  afterEach(uninstallFastFetch);
  const get = async (app: unknown, options: ServeOptions = {}) => {
    const { exchange, failures } = run(app, options);
    await exchange.until(() => exchange.over || failures.length > 0);
    expect(failures).toEqual([]);
    const headers: Record<string, string> = {};
    for (let i = 0; i < exchange.responseHeaders.length; i += 2)
      headers[exchange.responseHeaders[i]!.toLowerCase()] = exchange.responseHeaders[i + 1]!;
    return { status: exchange.status, body: exchange.bodyText, headers };
  };
  const json = (body: unknown): ServeOptions => ({
    method: "POST",
    headers: ["Host", "h.test", "Content-Type", "application/json"],
    body: [JSON.stringify(body)],
  });

  test("Hono: routes, middleware, bodies, streams, mounts", async () => {
    const { Hono } = await import("hono");
    const { cors } = await import("hono/cors");
    const { etag } = await import("hono/etag");
    const { stream } = await import("hono/streaming");
    const { getConnInfo } = await import("@hono/node-server/conninfo");
    const app = new Hono();
    app.use("/mw/*", cors(), etag());
    app.get("/", (c) => c.text(`hi ${c.req.query("name")}`));
    app.get("/mw/page", (c) => c.html("<p>"));
    app.post("/json", async (c) =>
      c.json(await c.req.json(), 201, { "X-A": c.req.raw instanceof Request ? "yes" : "no" }),
    );
    app.post("/twice", async (c) =>
      c.json([await c.req.text(), await c.req.json(), await c.req.raw.text().catch(() => "used")]),
    );
    app.get("/stream", (c) =>
      stream(c, async (out) => {
        await out.write("a");
        await out.write("b");
      }),
    );
    app.get("/ip", (c) => c.text(getConnInfo(c).remote.address ?? "none"));
    app.get("/redirect", (c) => c.redirect("/elsewhere"));
    app.get("/throw", () => {
      throw new Error("mine");
    });
    app.onError((error, c) => c.text(error.message, 500));
    app.mount("/mounted", (request: Request) => new Response(new URL(request.url).pathname));
    expect(await get(app, { target: "/?name=you" })).toMatchObject({ status: 200, body: "hi you" });
    const page = await get(app, { target: "/mw/page" });
    expect(page).toMatchObject({
      status: 200,
      body: "<p>",
      headers: { "access-control-allow-origin": "*", "content-type": "text/html; charset=UTF-8" },
    });
    expect(
      await get(app, { target: "/mw/page", headers: ["Host", "h", "If-None-Match", page.headers["etag"]!] }),
    ).toMatchObject({ status: 304, body: "" });
    expect(await get(app, { ...json({ a: 1 }), target: "/json" })).toMatchObject({
      status: 201,
      body: '{"a":1}',
      headers: { "x-a": "yes" },
    });
    expect(await get(app, { ...json([2]), target: "/twice" })).toMatchObject({ body: '["[2]",[2],"used"]' });
    expect(await get(app, { target: "/stream" })).toMatchObject({ body: "ab" });
    expect(await get(app, { target: "/ip" })).toMatchObject({ body: "192.0.2.1" });
    expect(await get(app, { target: "/redirect" })).toMatchObject({ status: 302, headers: { location: "/elsewhere" } });
    expect(await get(app, { target: "/throw" })).toMatchObject({ status: 500, body: "mine" });
    expect(await get(app, { target: "/mounted/x" })).toMatchObject({ body: "/x" });
    expect(await get(app, { target: "/", method: "HEAD" })).toMatchObject({ status: 200, body: "" });
    expect(await get(app, { target: "/none" })).toMatchObject({ status: 404 });
  });
  test("h3: routes, bodies, headers, errors, the client's address", async () => {
    const { getRequestIP, H3, HTTPError, readBody, setCookie } = await import("h3/generic");
    const app = new H3();
    app.get("/", () => "hi");
    app.get("/json", () => ({ a: 1 }));
    app.post("/body", async (event) => ({ got: await readBody(event), type: event.req.headers.get("content-type") }));
    app.get("/cookies", (event) => {
      setCookie(event, "a", "1");
      setCookie(event, "b", "2");
      return new Response("own", { status: 202, headers: { "x-own": "1" } });
    });
    app.get("/ip", (event) => getRequestIP(event) ?? "none");
    app.get("/stream", () => new Response("a").body);
    app.get("/throw", () => {
      throw new HTTPError({ status: 418, message: "teapot" });
    });
    expect(await get(app)).toMatchObject({ status: 200, body: "hi" });
    expect(await get(app, { target: "/json" })).toMatchObject({
      headers: { "content-type": "application/json;charset=UTF-8" },
    });
    expect(JSON.parse((await get(app, { ...json({ x: [1] }), target: "/body" })).body)).toEqual({
      got: { x: [1] },
      type: "application/json",
    });
    expect(await get(app, { target: "/cookies" })).toMatchObject({
      status: 202,
      body: "own",
      headers: { "x-own": "1", "set-cookie": expect.stringContaining("b=2") as unknown },
    });
    expect(await get(app, { target: "/ip" })).toMatchObject({ body: "192.0.2.1" });
    expect(await get(app, { target: "/stream" })).toMatchObject({ body: "a" });
    expect(await get(app, { target: "/throw" })).toMatchObject({ status: 418 });
  });
});
