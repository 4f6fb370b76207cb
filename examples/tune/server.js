// An app with three kinds of requests: most are answered at once, some wait for others, and a few compute.
//
//     npx junicorn tune --script scenario.ts server.js      # in this folder

import { pbkdf2Sync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const routes = {
  "GET /": () => new Response("Hello\n"),

  "GET /reports": () => new Response(pbkdf2Sync("report", "salt", 100_000, 32, "sha256").toString("hex")),

  "POST /orders": async (request) => {
    const order = await request.json();
    await sleep(10); // a database would take that long
    return Response.json(order, { status: 201 });
  },
};

export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    const route = routes[`${request.method} ${pathname}`];
    return route ? route(request) : new Response("Not found\n", { status: 404 });
  },
};
