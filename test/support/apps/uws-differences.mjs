/** What the differences between the engines are seen by, beside the behaviours of conformance-node.mjs. */

import { setTimeout as sleep } from "node:timers/promises";
import conformance from "./conformance-node.mjs";

/** More than the kernel takes at once. */
const LARGE = 8 << 20;
/** Requests to /held wait here for one to /release. */
const held = [];

const ROUTES = {
  "/peer": (req, res) => {
    const { remoteAddress, remotePort, localAddress, localPort } = req.socket;
    res.end(JSON.stringify({ remoteAddress, remotePort: remotePort ?? null, localAddress, localPort }));
  },
  "/early": async (_, res) => {
    res.writeEarlyHints({ link: "</style.css>; rel=preload" });
    await sleep(1);
    res.end("late");
  },
  "/held": (_, res) => {
    res.flushHeaders();
    held.push(() => res.end("released"));
  },
  "/closing": (_, res) => res.setHeader("Connection", "close").end("bye"),
  "/closing?streamed": (_, res) => {
    res.setHeader("Connection", "close").write("bye");
    res.end();
  },
  "/closing?large": (req, res) => {
    req.resume().on("end", () => {
      res.setHeader("Connection", "close").write(Buffer.alloc(LARGE, "x"));
      res.end();
    });
  },
  // While the second piece of the body is being handed over, but when whoever does so has returned.
  "/closing?tick": (req, res) => {
    let pieces = 0;
    req.on("data", () => {
      if (++pieces === 2) process.nextTick(() => res.setHeader("Connection", "close").end("bye"));
    });
  },
  "/release": (_, res) => {
    for (const release of held.splice(0)) release();
    res.end();
  },
};

export default function app(req, res) {
  return (ROUTES[req.url] ?? conformance)(req, res);
}
