/** What a mixed load asks for, directly or through a proxy, as a fetch application and, exported as `node`, as a node application. */

import { setTimeout as sleep } from "node:timers/promises";

const LETTERS = Buffer.from("abcdefghijklmnopqrstuvwxyz\n".repeat(40_000));

const stream = async function* (query) {
  for (let i = 0; i < Number(query.get("parts")); i++) {
    await sleep(1);
    yield Buffer.from(`part ${i}\n`);
  }
};

const ROUTES = {
  "/hello": () => ({ body: "hello" }),
  "/empty": () => ({ status: 204 }),
  "/slow": async (query) => {
    await sleep(Number(query.get("ms")));
    return { body: "slow" };
  },
  "/large": (query) => ({ body: LETTERS.subarray(0, Number(query.get("bytes"))) }),
  "/stream": (query) => ({ parts: stream(query) }),
  "/unread": () => ({ body: "not read" }),
};

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const headers = { "X-Id": request.headers.get("x-id") ?? "", "X-Pid": String(process.pid) };
    if (pathname === "/echo") return new Response(request.body, { headers });
    const { status = 200, body = null, parts } = await ROUTES[pathname](searchParams);
    return new Response(parts ? ReadableStream.from(parts) : body, { status, headers });
  },
};

export async function node(req, res) {
  const { pathname, searchParams } = new URL(req.url, "http://localhost");
  res.setHeader("X-Id", req.headers["x-id"] ?? "");
  res.setHeader("X-Pid", String(process.pid));
  if (pathname === "/echo") return req.pipe(res);
  const { status = 200, body, parts } = await ROUTES[pathname](searchParams);
  res.statusCode = status;
  if (body !== undefined) res.setHeader("Content-Length", Buffer.byteLength(body));
  if (parts) for await (const part of parts) res.write(part);
  res.end(body);
}
