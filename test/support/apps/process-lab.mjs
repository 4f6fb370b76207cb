/** A node application that behaves and misbehaves on request: for tests of masters, workers and signals. */

import { setTimeout as sleep } from "node:timers/promises";

let running = 0;
/** The most requests that ran at one time in this worker. */
let most = 0;

function spinForEver() {
  for (;;);
}

const ROUTES = {
  "/pid": (_, res) => res.end(String(process.pid)),
  "/sleep": async (_, res, query) => {
    running++;
    most = Math.max(most, running);
    await sleep(Number(query.get("ms")));
    running--;
    res.end(JSON.stringify({ pid: process.pid, most }));
  },
  "/spin": () => spinForEver(),
  "/announced-spin": () => {
    console.log("handling /announced-spin");
    spinForEver();
  },
  "/never": () => {},
  "/announced-never": () => console.log("handling /announced-never"),
  "/announced-sleep": async (_, res, query) => {
    console.log("handling /announced-sleep");
    await sleep(Number(query.get("ms")));
    res.end("slept");
  },
  "/throw-outside": (_, res) => {
    setTimeout(() => {
      throw new Error("thrown outside on purpose");
    }, 1);
    if (!_.url.includes("unanswered")) res.end("answered");
  },
  "/reject-outside": (_, res) => {
    void Promise.reject(new Error("rejected outside on purpose"));
    res.end("answered");
  },
  "/endless": (_, res) => {
    const timer = setInterval(() => res.write("and so on\n"), 20);
    res.on("close", () => {
      clearInterval(timer);
      console.log("/endless was closed");
    });
  },
  "/exit": (_, res, query) => process.exit(Number(query.get("code"))),
};

export default function app(req, res) {
  const url = new URL(req.url, "http://lab");
  const route = ROUTES[url.pathname];
  if (route) return route(req, res, url.searchParams);
  res.statusCode = 404;
  res.end();
}
