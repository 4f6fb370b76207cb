/** The behaviours that the conformance suite asks for, as a fetch application. Its twins: conformance-node.mjs, conformance-wsgi.mjs. */

import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";

const CONTEXT = new AsyncLocalStorage();
const CHUNK = new Uint8Array(64 * 1024).fill(97);
/** Ids of /watch requests whose signal has fired. */
const aborted = new Set();

/** Large enough for memory of its own, and served more than once. */
const KEPT = new Uint8Array(300_000).fill(98);
let other = new Response(KEPT);

const ROUTES = {
  "/hello": () => new Response("hello\n", { headers: { "Content-Type": "text/plain" } }),
  "/echo": (request) => new Response(request.body, { headers: { "Content-Type": "application/octet-stream" } }),
  "/kept": async () => {
    const scratch = KEPT.slice();
    const whole = (await other.arrayBuffer()).byteLength === KEPT.length;
    const answer = new Response(scratch);
    other = answer.clone();
    scratch.fill(0);
    return whole ? answer : new Response("the clone's bytes are gone", { status: 500 });
  },
  "/kept-alone": () => new Response(KEPT),
  "/unread": () => new Response("not read\n"),
  "/cookies": () => {
    const headers = new Headers();
    headers.append("Set-Cookie", "a=1; Path=/");
    headers.append("Set-Cookie", "b=2");
    return new Response("ok", { headers });
  },
  "/own-fields": () => new Response("ok", { headers: { Server: "own", Date: "Thu, 01 Jan 1970 00:00:00 GMT" } }),
  "/hop": () =>
    new Response("ok", { headers: { Connection: "X-Hop", "Keep-Alive": "timeout=9", "Proxy-Connection": "close" } }),
  "/status": (_, query) => new Response(null, { status: Number(query.get("code")) }),
  "/declared": (_, query) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(CHUNK.slice(0, Number(query.get("bytes"))));
        controller.close();
      },
    });
    return new Response(body, { headers: { "Content-Length": query.get("length") } });
  },
  "/throw": () => {
    throw new Error("thrown on purpose");
  },
  "/reject": async () => {
    await sleep(1);
    throw new Error("rejected on purpose");
  },
  "/throw-late": () => new Response(chunks(["first"], () => Promise.reject(new Error("thrown late on purpose")))),
  "/throw-behind": () => {
    const pieces = ["first"];
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (pieces.length === 0) throw new Error("thrown behind on purpose");
          controller.enqueue(Buffer.from(pieces.shift()));
        },
      }),
    );
  },
  "/bad-header": () => new Response("x", { headers: { "X-Bad": "a\r\nSet-Cookie: injected=1" } }),
  "/bad-name": () => new Response("x", { headers: { "X Bad": "a" } }),
  "/stream": (_, query) => {
    const count = Number(query.get("count"));
    return new Response(chunks(Array.from({ length: count }, (__, i) => `part ${i}\n`)));
  },
  "/delay": async (_, query) => {
    await sleep(Number(query.get("ms")));
    return new Response(query.get("say"));
  },
  "/context": async (_, query) => {
    const before = CONTEXT.getStore();
    CONTEXT.enterWith(query.get("say"));
    await sleep(Number(query.get("ms")));
    return new Response(`${before} ${CONTEXT.getStore()}`);
  },
  "/context-of-body": async (request, query) => {
    await request.arrayBuffer();
    return ROUTES["/context"](request, query);
  },
  "/flood": (_, query) => new Response(flood(Number(query.get("bytes")))),
  "/sink": async (request) => {
    let bytes = 0;
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes % (1 << 20) < chunk.length) await sleep(4);
    }
    return new Response(String(bytes));
  },
  "/watch": (request, query) => {
    const id = query.get("id");
    const gone = new Promise((resolve) => request.signal.addEventListener("abort", resolve)).then(() =>
      aborted.add(id),
    );
    return new Response(chunks(["started"], () => gone));
  },
  "/aborted": (_, query) => Response.json(aborted.has(query.get("id"))),
};

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const route = ROUTES[url.pathname] ?? inspect;
    return route(request, url.searchParams);
  },
};

async function inspect(request) {
  const body = Buffer.from(await request.arrayBuffer()).toString("latin1");
  const { pathname, search } = new URL(request.url);
  return Response.json({
    method: request.method,
    target: pathname + search,
    headers: [...request.headers].flat(),
    body,
  });
}

/** Pieces, each a turn of the loop after the one before, and then whatever `then` does. */
function chunks(pieces, then = async () => {}) {
  const queue = [...pieces];
  return new ReadableStream({
    async pull(controller) {
      await sleep(1);
      const piece = queue.shift();
      if (piece !== undefined) controller.enqueue(Buffer.from(piece));
      else await then().then(() => controller.close());
    },
  });
}

function flood(bytes) {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      // A new piece each time: one that is queued over and over would take no memory.
      controller.enqueue(CHUNK.slice(0, left));
      left -= CHUNK.length;
    },
  });
}
