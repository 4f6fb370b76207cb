/** TLS spoken by uWebSockets: who is served by it, certificates that change, keys of others, bursts, and what makes it refuse. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Certificates, type Made } from "../support/certificates.ts";
import { APPS, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { fetchOver, helloOf, secure, startRelay } from "../support/tls-client.ts";
import { temporaryFolder, tool } from "../support/tools.ts";
import { HAS_UWS } from "../support/uws.ts";

const UWS = ["-k", "async", "--http-engine", "uws"];

let certificates: Certificates;
let own: Made;

beforeAll(() => {
  certificates = new Certificates(temporaryFolder({ onTestFinished: () => {} }));
  own = certificates.make("own", ["localhost"]);
});

async function start({ cert, key }: Made, ...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: "tls.mjs", args: ["--certfile", cert, "--keyfile", key, ...UWS, ...args] });
  await server.waitFor(/ready after/);
  return server;
}

/** One request on a connection that stays open. */
async function askOn(socket: TLSSocket): Promise<string> {
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString();
}

describe.runIf(HAS_UWS)("on uWebSockets", () => {
  test("clients that it suits are served by it, others beside it as they would be without", async () => {
    const server = await start(own, "--http-protocols", "h1,h2");
    const seen = async (options: object): Promise<unknown> =>
      JSON.parse((await fetchOver(server.port, "/", options)).body) as unknown;
    const onUws = { protocol: "TLSv1.3", resumed: null };
    expect(await seen({})).toMatchObject({ ...onUws, serverName: "localhost" });
    expect(await seen({ servername: "stranger.example" })).toMatchObject({ ...onUws, serverName: "stranger.example" });
    expect(await seen({ ALPNProtocols: ["http/1.1"] })).toMatchObject(onUws);
    for (const options of [{ maxVersion: "TLSv1.2" }, { ecdhCurve: "P-521" }])
      expect(await seen(options)).toMatchObject({ resumed: false });
    const modern = await secure(server.port, { ALPNProtocols: ["h2", "http/1.1"] });
    expect(modern.alpnProtocol).toBe("h2");
    modern.destroy();
    // Names that are made up do not use up everything.
    for (let i = 0; i < 40; i++) (await secure(server.port, { servername: `name-${i}.example` })).destroy();
    expect((await fetchOver(server.port, "/", { servername: "name-99.example" })).status).toBe(200);
  });

  test("the application is told the cipher that the client has got", async () => {
    const server = await start(own);
    const suites = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
    const orders = suites.flatMap((a) => [[a], ...suites.flatMap((b) => (a === b ? [] : [[a, b]]))]);
    const got = await Promise.all(
      [...orders, suites, suites.toReversed()].map(async (order) => {
        const socket = await secure(server.port, { minVersion: "TLSv1.3", ciphers: order.join(":") });
        const told = JSON.parse((await askOn(socket)).split("\r\n\r\n")[1]!) as { cipher: string; resumed: null };
        expect(told).toMatchObject({ cipher: socket.getCipher().name, resumed: null });
        socket.destroy();
        return told.cipher;
      }),
    );
    expect(new Set(got)).toEqual(new Set(suites));
  });

  test("a first message in two packets is waited for, but not for long", async () => {
    const server = await start(own);
    // What only Node's TLS can tell.
    const resumedOver = async (pauseMs: number): Promise<boolean | null> => {
      const relay = startRelay(server.port, pauseMs);
      await once(relay.listen(0, "127.0.0.1"), "listening");
      const { body } = await fetchOver((relay.address() as AddressInfo).port, "/");
      return (JSON.parse(body) as { resumed: boolean | null }).resumed;
    };
    await poll(async () => (await resumedOver(2)) === null);
    expect(await resumedOver(300)).toBe(false);
  });

  test("connections live on when certificates change, and are counted until they end", async () => {
    const pair = { cert: join(certificates.folder, "live.pem"), key: join(certificates.folder, "live.key") };
    const put = (made: Made): void => {
      copyFileSync(made.cert, pair.cert);
      copyFileSync(made.key, pair.key);
    };
    put(own);
    const server = await start(pair, "--worker-connections", "3", "--graceful-timeout", "5");
    const old = await secure(server.port);
    expect(await askOn(old)).toMatch(/^HTTP\/1\.1 200/);
    await sleep(1200); // the files have been looked at by now
    put(certificates.make("next", ["next.example"]));
    await server.waitFor(/Certificate for next\.example .*new connections get it/);
    const fresh = await secure(server.port);
    expect(fresh.getPeerCertificate().subject.CN).toBe("next.example");
    expect(old.getPeerCertificate().subject.CN).toBe("localhost");
    expect(await askOn(old)).toMatch(/^HTTP\/1\.1 200/);
    expect(await askOn(fresh)).toMatch(/^HTTP\/1\.1 200/);
    // One of each generation, and a third one: there is no room for a fourth.
    const third = await secure(server.port);
    let connected = false;
    const fourth = secure(server.port).then((socket) => ((connected = true), socket));
    expect(await askOn(third)).toMatch(/^HTTP\/1\.1 200/);
    expect(connected).toBe(false);
    old.destroy();
    (await fourth).destroy();
    for (const socket of [fresh, third]) socket.resume();
    const ends = [once(fresh, "end"), once(third, "end")];
    expect(await server.stop()).toMatchObject({ code: 0 });
    await Promise.all(ends);
    expect(server.output).not.toMatch(/ERROR|cut [1-9]/);
  });

  test("a stop lets requests finish", async () => {
    const args = ["--certfile", own.cert, "--keyfile", own.key, ...UWS];
    const server = await startJunicorn({ app: "websocket.mjs", args });
    const agent = new Agent({ keepAlive: true });
    expect((await fetchOver(server.port, "/", { agent })).status).toBe(200);
    const slow = fetchOver(server.port, "/sleep", { agent });
    await poll(async () => (await fetchOver(server.port, "/log")).body.includes("sleeping"));
    const stopped = server.stop();
    expect(await slow).toMatchObject({ body: "slept", headers: { connection: "close" } });
    expect(await stopped).toMatchObject({ code: 0 });
    agent.destroy();
  });

  test("a burst of messages comes back whole", async () => {
    const args = ["--certfile", own.cert, "--keyfile", own.key, ...UWS];
    const server = await startJunicorn({ app: "websocket.mjs", args });
    const socket = new WebSocket(`wss://127.0.0.1:${server.port}/`, { rejectUnauthorized: false });
    const heard: string[] = [];
    socket.on("message", (data: Buffer) => heard.push(data.toString()));
    await once(socket, "open");
    const messages = Array.from({ length: 400 }, (_, i) => `${i} `.padEnd(20_000, "x"));
    for (const message of messages) socket.send(message);
    const echoes = (): string[] => heard.filter((message) => /^(echo )?\d+ x/.test(message));
    await poll(() => echoes().length === messages.length, { what: () => `${echoes().length} of 400 messages` });
    expect(echoes().map((text) => text.replace(/^echo /, ""))).toEqual(messages);
    socket.close();
    await once(socket, "close");
  });

  test("a burst in which the application closes ends there", async () => {
    const args = ["--certfile", own.cert, "--keyfile", own.key, ...UWS];
    const server = await startJunicorn({ app: "websocket.mjs", args });
    const socket = new WebSocket(`wss://127.0.0.1:${server.port}/`, { rejectUnauthorized: false });
    const heard: string[] = [];
    socket.on("message", (data: Buffer) => heard.push(data.toString())).on("error", () => {});
    await once(socket, "open");
    for (const message of ["one", "/close 4001 bye", "two"]) socket.send(message);
    expect(await once(socket, "close")).toEqual([4001, Buffer.from("bye")]);
    expect(heard.join()).not.toMatch(/two/);
    expect(server.output).not.toMatch(/ERROR/);
  });

  test("broken first messages, and clients that leave after them, are no trouble", async () => {
    const server = await start(own);
    const hello = await helloOf({ servername: "localhost" });
    const [before] = server.workers;
    const breakOne = async (round: number): Promise<void> => {
      const bytes = Buffer.from(hello);
      // A byte of the record's and the message's heads, or one further on; then silence, garbage, an end or a reset.
      bytes[round % 3 === 0 ? round % 12 : (round * 37) % bytes.length] = round % 256;
      const socket = connect(server.port, "127.0.0.1").on("error", () => {});
      socket.resume();
      await once(socket, "connect");
      socket.write(bytes);
      if (round % 4 === 1) socket.write(bytes);
      if (round % 4 === 2) socket.end();
      await sleep(round % 7);
      socket.resetAndDestroy();
    };
    for (let i = 0; i < 600; i += 20) await Promise.all(Array.from({ length: 20 }, (_, j) => breakOne(i + j)));
    expect((await fetchOver(server.port, "/")).status).toBe(200);
    expect(server.workers).toEqual([before]);
  });

  test("handshakes that break or stall after their first message are told, and end in time", async () => {
    const server = await start(own, "--header-timeout", "1");
    const [pid] = server.workers;
    const descriptors = (): number => readdirSync(`/proc/${pid}/fd`).length;
    const before = descriptors();
    const told = (reason: string): RegExp => new RegExp(`TLS handshake with 127\\.0\\.0\\.1:\\d+ failed: ${reason}`);
    const broken = spawn(tool("openssl"), ["s_client", "-connect", `127.0.0.1:${server.port}`, "-verify_return_error"]);
    await once(broken, "exit");
    await server.waitFor(told("the client broke it off: it may not trust the certificate"));
    const hello = await helloOf({ servername: "localhost" });
    const leaving = connect(server.port, "127.0.0.1");
    leaving.write(hello);
    await once(leaving, "data");
    leaving.destroy();
    await server.waitFor(told("the client closed the connection in the middle of it"));
    // Those that are done are not told, and end when they have been told to.
    const done = await secure(server.port);
    const closing = await secure(server.port);
    closing.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    closing.resume();
    await once(closing, "close");
    const stalled = Array.from({ length: 100 }, () => {
      const socket = connect(server.port, "127.0.0.1").on("error", () => {});
      socket.resume().write(hello);
      return once(socket, "close");
    });
    await Promise.all(stalled);
    await server.waitFor(told("it was not done after 1 s \\(header_timeout\\)"));
    const lines = (): number => server.output.match(/TLS handshake with/g)!.length;
    await poll(() => lines() >= 5, { what: () => `5 lines, not ${lines()}` });
    expect(await askOn(done)).toMatch(/^HTTP\/1\.1 200/);
    expect(lines()).toBe(5);
    done.destroy();
    await poll(() => descriptors() <= before, { what: () => `${before} open files, not ${descriptors()}` });
  });

  const why =
    process.getuid!() !== 0 ? "only root can" : APPS.startsWith("/root/") ? "nobody can read the checkout" : "";
  test.skipIf(why !== "")(`root's key serves workers of another user ${why}`, async () => {
    chmodSync(own.key, 0o600);
    const server = await start(own, "--user", "nobody");
    expect((await fetchOver(server.port, "/")).body).toMatch(/"resumed":null/);
  });

  test("what it cannot do stops the start, with the setting, its value and the fix", async () => {
    const hook = join(certificates.folder, "junicorn.config.mjs");
    writeFileSync(hook, "export default { sslContext: (settings, makeDefault) => makeDefault() };");
    const wrong: [string[], RegExp][] = [
      [["--cert-reqs", "optional", "--ca-certs", certificates.ca.cert], /cert_reqs is optional/],
      [["--ciphers", "TLS_AES_128_GCM_SHA256"], /ciphers \(TLS_AES_128_GCM_SHA256\) names suites of TLS 1\.3/],
      [["--http-protocols", "h2"], /http_protocols is h2/],
      [["-c", hook], /the hook sslContext is there/],
    ];
    await Promise.all(
      wrong.map(async ([args, reason]) => {
        const files = ["--certfile", own.cert, "--keyfile", own.key];
        const server = await startJunicorn({ app: "tls.mjs", args: [...files, ...UWS, ...args], ready: false });
        expect(await server.exited()).toMatchObject({ code: 3 });
        expect(server.output).toMatch(reason);
        expect(server.output).toMatch(/--http-engine uws is not possible here: .*--http-engine auto/);
      }),
    );
  });
});
