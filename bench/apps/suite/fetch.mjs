/** The suite's application for servers that take web-standard handlers: Junicorn, @hono/node-server, Bun, Deno. */

import { DOWNLOAD, TEXTS } from "./work.mjs";

const PLAIN = { headers: { "Content-Type": "text/plain" } };

export async function handle(request) {
  const path = new URL(request.url).pathname;
  if (path === "/echo") return Response.json(await request.json());
  if (path === "/download") return new Response(DOWNLOAD);
  if (path === "/upload") {
    let size = 0;
    for await (const piece of request.body ?? []) size += piece.length;
    return new Response(String(size), PLAIN);
  }
  const make = TEXTS[path];
  if (make === undefined) return new Response("not here", { status: 404 });
  const text = make();
  return new Response(typeof text === "string" ? text : await text, PLAIN);
}

/** Where it can be, an answer is given without a promise. */
export default {
  fetch(request) {
    return request.url.endsWith("/") ? new Response("Hello, World!", PLAIN) : handle(request);
  },
};

export const websocket = { message: (peer, message) => peer.send(message.uint8Array()) };
