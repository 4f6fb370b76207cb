/** What an application in a pool of threads can do, for the tests of the gthread class. Every answer is JSON. */

import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { onThreadExit, requestId, threadId } from "junicorn/app";

/** Lines that tests look for; written at once, for a thread may be about to end. */
const say = (line) => writeSync(2, `${line}\n`);

say(`loaded in thread ${threadId}`);
onThreadExit(async () => {
  await sleep(1);
  say(`left thread ${threadId}`);
});

let running = 0;

const routes = {
  "/thread": () => ({ threadId, requestId: requestId() }),
  "/spin": ({ query }) => {
    const until = performance.now() + Number(query.get("ms"));
    while (performance.now() < until);
    return { threadId };
  },
  "/say-and-spin": ({ query }) => {
    say(`spinning in thread ${threadId}`);
    return routes["/spin"]({ query });
  },
  "/sleep": async ({ query }) => {
    say(`sleeping in thread ${threadId}`);
    running++;
    await sleep(Number(query.get("ms")));
    const together = running--;
    return { threadId, together };
  },
  "/hang": () => {
    say(`hanging in thread ${threadId}`);
    hangForEver();
  },
  "/never": ({ request }) => {
    request.signal.addEventListener("abort", () => say(`ignored ${request.signal.reason.name}`));
    return new Promise(() => {});
  },
  "/heed": ({ request }) =>
    new Promise((_, reject) => {
      request.signal.addEventListener("abort", () => {
        say(`heeded ${request.signal.reason.name}`);
        reject(request.signal.reason);
      });
    }),
  "/begin-and-stall": () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
        pull: () => new Promise(() => {}),
      }),
    ),
  "/exit": () => process.exit(3),
  "/uncaught": () => {
    setTimeout(() => {
      throw new Error("nobody catches this");
    });
    return new Promise(() => {});
  },
  "/reject": () => {
    void Promise.reject(new Error("nobody awaits this"));
    return new Promise(() => {});
  },
  "/fill-memory": () => {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 1000 }, (_, i) => ({ i })));
  },
  "/sum": async ({ request }) => {
    let sum = 0;
    for (const byte of new Uint8Array(await request.arrayBuffer())) sum += byte;
    return { sum };
  },
};

function hangForEver() {
  for (;;);
}

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const result = await routes[url.pathname]({ request, query: url.searchParams });
    return result instanceof Response ? result : Response.json(result);
  },
};
