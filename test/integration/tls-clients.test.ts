/** TLS clients of all kinds: slow, broken, many, over the PROXY protocol, behind proxies, with WebSockets. */

import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Certificates, type Made } from "../support/certificates.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { version2 } from "../support/proxy-header.ts";
import { startHaproxy, startNginx } from "../support/proxies.ts";
import { fetchOver, secure } from "../support/tls-client.ts";
import { TLS_VARIANTS } from "../support/tls-variants.ts";
import { temporaryFolder } from "../support/tools.ts";

let certificates: Certificates;
let own: Made;

beforeAll(() => {
  certificates = new Certificates(temporaryFolder({ onTestFinished: () => {} }));
  own = certificates.make("own", ["localhost"]);
});

async function start(app: string, ...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app, args: ["--certfile", own.cert, "--keyfile", own.key, ...args] });
  await server.waitFor(/ready after/);
  return server;
}

/** The beginning of a handshake, which never goes on: the header of a record, and a little of it. */
const HALF_A_HELLO = Buffer.from("1603010200010001fc0303", "hex");

describe.each(TLS_VARIANTS)("$name", ({ args }) => {
  test("200 clients that never finish their handshakes, or never begin them, stop nobody, and are let go", async () => {
    const server = await start("tls.mjs", ...args, "--header-timeout", "1");
    let closed = 0;
    for (let i = 0; i < 200; i++) {
      const socket = connect(server.port, "127.0.0.1");
      socket.on("close", () => closed++).on("error", () => {});
      socket.resume();
      if (i % 2 === 0) socket.write(HALF_A_HELLO);
    }
    for (let i = 0; i < 5; i++) expect((await fetchOver(server.port, "/")).status).toBe(200);
    expect(closed).toBeLessThan(200);
    await poll(() => closed === 200, { what: () => `200 closed connections, not ${closed}` });
    await server.waitFor(/TLS handshake with 127\.0\.0\.1:\d+ failed: it was not done after 1 s \(header_timeout\)/);
    expect(server.output.match(/TLS handshake with/g)!.length).toBeLessThan(20);
    expect((await fetchOver(server.port, "/")).status).toBe(200);
  });

  test("garbage, a client that leaves in the middle, and one that renegotiates are no trouble", async () => {
    const server = await start("tls.mjs", ...args);
    for (const bytes of ["\x16\x03\x01\x00\x05hello", "\0\0\0\0", "\x80\x2e\x01\0\x02"]) {
      const socket = connect(server.port, "127.0.0.1").on("error", () => {});
      socket.resume().end(bytes, "latin1");
      await once(socket, "close");
    }
    const half = connect(server.port, "127.0.0.1").on("error", () => {});
    half.write(HALF_A_HELLO, () => half.destroy());
    await server.waitFor(/TLS handshake with 127\.0\.0\.1:\d+ failed: the client closed the connection in the middle/);
    const old = await secure(server.port, { maxVersion: "TLSv1.2" });
    old.resume();
    const outcome = new Promise((resolve) => {
      old.renegotiate({}, (error) => resolve(error === null ? "done" : "refused"));
      old.on("error", () => resolve("refused"));
      old.once("close", () => resolve("closed"));
    });
    expect(await outcome).not.toBe("done");
    expect((await fetchOver(server.port, "/")).status).toBe(200);
  });

  test("the PROXY protocol comes before the handshake", async () => {
    const server = await start("who.mjs:wsgi", "--interface", "wsgi", ...args, "--proxy-protocol=auto");
    const raw = connect(server.port, "127.0.0.1");
    raw.write(version2("192.0.2.7", 4711, "198.51.100.1", 443));
    const socket = connectTls({ socket: raw, rejectUnauthorized: false });
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/"address":"192\.0\.2\.7"/);
  });
});

test("connections in their handshakes count for --worker-connections", async () => {
  const server = await start("tls.mjs", "-k", "async", "--worker-connections", "3", "--header-timeout", "2");
  const silent = Array.from({ length: 3 }, () => connect(server.port, "127.0.0.1").on("error", () => {}));
  for (const socket of silent) socket.write(HALF_A_HELLO);
  await Promise.all(silent.map((socket) => once(socket, "connect")));
  const began = performance.now();
  expect((await fetchOver(server.port, "/")).status).toBe(200);
  expect(performance.now() - began).toBeGreaterThan(500);
});

test("WebSockets over TLS: of ws, and by hooks", async () => {
  for (const [app, path] of [
    ["websockets.mjs", "/chat?x=1"],
    ["websocket.mjs", "/"],
  ] as const) {
    const server = await start(app, "-k", "async", "--graceful-timeout", "1");
    const socket = new WebSocket(`wss://127.0.0.1:${server.port}${path}`, { rejectUnauthorized: false });
    const heard: string[] = [];
    socket.on("message", (data: Buffer) => heard.push(data.toString()));
    await once(socket, "open");
    const large = "ü".repeat(300_000);
    socket.send(large);
    await poll(() => heard.some((message) => message.includes(large)), { what: () => `an echo from ${app}` });
    const closed = once(socket, "close");
    const stopped = server.stop();
    await closed;
    expect(await stopped).toMatchObject({ code: 0 });
  }
});

describe("behind proxies that speak TLS to it", () => {
  test("nginx", async () => {
    const server = await start("tls.mjs", "-k", "async");
    const location = `proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Forwarded-Proto http;
      proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_trusted_certificate ${certificates.ca.cert};`;
    const { port } = await startNginx(server.port, { location, scheme: "https" });
    for (let i = 0; i < 5; i++) {
      const answer = await fetch(`http://127.0.0.1:${port}/big`);
      expect((await answer.text()).length).toBe(5_000_000);
    }
    // A proxy that is trusted says what the client uses, whatever it uses to us; as in Gunicorn.
    const seen = (await (await fetch(`http://127.0.0.1:${port}/x`)).json()) as { url: string; encrypted: boolean };
    expect(seen).toMatchObject({ encrypted: true, url: expect.stringMatching(/^http:/) as string });
  });

  test("HAProxy, with its health checks", async () => {
    const server = await start("tls.mjs", "-k", "sync");
    const { port } = await startHaproxy(server.port, {
      backend: "option httpchk GET /",
      serverOptions: `ssl verify required ca-file ${certificates.ca.cert} verifyhost localhost check inter 100ms`,
    });
    const ask = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/`)).status;
    await poll(async () => (await ask()) === 200);
    for (let i = 0; i < 10; i++) expect(await ask()).toBe(200);
  });
});
