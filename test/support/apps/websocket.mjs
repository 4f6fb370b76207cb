// An application with WebSocket hooks, for tests: what it does is said by the path, the query and the messages.

import { setTimeout as sleep } from "node:timers/promises";

/** Told to tests by GET /log. */
const log = [];

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/sleep") {
      log.push("sleeping");
      await sleep(500);
      return new Response("slept");
    }
    if (pathname === "/log") return Response.json(log);
    if (pathname === "/memory") return Response.json(process.memoryUsage());
    return new Response(`plain ${request.method} ${pathname}`);
  },
};

const COMMANDS = {
  close: (peer, [code, reason]) => peer.close(code && Number(code), reason),
  terminate: (peer) => peer.terminate(),
  subscribe: (peer, [topic]) => {
    peer.subscribe(topic);
    peer.send(`subscribed ${[...peer.topics].join()}`);
  },
  unsubscribe: (peer, [topic]) => {
    peer.unsubscribe(topic);
    peer.send(`unsubscribed ${topic}`);
  },
  publish: (peer, [topic, ...words]) => peer.publish(topic, words.join(" ")),
  whoami: (peer) => {
    const { id, remoteAddress, namespace, context, request } = peer;
    peer.send({ id, remoteAddress, namespace, context, url: request.url, agent: request.headers.get("user-agent") });
  },
  peers: (peer) => peer.send(String(peer.peers.size)),
  json: (peer) => peer.send({ hello: "world" }),
  throw: () => {
    throw new Error("a hook failed");
  },
  crash: () =>
    void setTimeout(() => {
      throw new Error("out of the blue");
    }),
  reject: async () => {
    await sleep(1);
    throw new Error("a hook rejected");
  },
  flood: (peer, [megabytes]) => {
    for (let i = 0; i < Number(megabytes); i++) peer.send(new Uint8Array(1 << 20));
  },
  pressure: (peer, [megabytes]) => {
    for (let i = 0; i < Number(megabytes); i++) peer.send(new Uint8Array(1 << 20));
    log.push(`buffered ${peer.bufferedAmount > 0}`);
  },
  ping: (peer, [data]) => peer.ping(data),
};

export const websocket = {
  async upgrade(request) {
    const url = new URL(request.url);
    if (url.pathname === "/slow-upgrade") await sleep(Number(url.searchParams.get("ms") ?? 50));
    if (url.pathname === "/refused")
      return new Response("who are you?", { status: 401, headers: { "WWW-Authenticate": "Basic" } });
    if (url.pathname === "/thrown") throw new Response("no", { status: 403 });
    if (url.pathname === "/failing") throw new Error("upgrade failed");
    if (url.pathname === "/headers")
      return {
        headers: [
          ["X-Served-By", "hooks"],
          ["Set-Cookie", "a=b"],
          ["Set-Cookie", "c=d"],
        ],
      };
    if (url.pathname === "/protocol")
      return { protocol: request.headers.get("sec-websocket-protocol").split(/, */).at(-1) };
    if (url.pathname === "/context") return { context: { user: "ada" }, namespace: "people" };
  },
  open(peer) {
    log.push("open");
    if (new URL(peer.request.url).pathname === "/greet") peer.send("welcome");
  },
  message(peer, message) {
    if (typeof message.rawData === "string" && message.rawData.startsWith("/")) {
      const [command, ...words] = message.text().slice(1).split(" ");
      return COMMANDS[command](peer, words);
    }
    peer.send(message.rawData);
  },
  close(peer, { code, reason }) {
    log.push(`close ${code} ${reason ?? ""}`.trim());
    // Nothing of this may do harm any more.
    peer.send("late");
    peer.publish("all", "late");
    peer.subscribe("late");
    peer.close();
    peer.terminate();
  },
  drain() {
    log.push("drain");
  },
  error(_peer, error) {
    log.push(`error ${error.message}`);
  },
  ping(_peer, data) {
    log.push(`ping ${Buffer.from(data).toString()}`);
  },
  pong(_peer, data) {
    log.push(`pong ${Buffer.from(data).toString()}`);
  },
};
