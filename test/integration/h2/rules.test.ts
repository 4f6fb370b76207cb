/** What holds for requests whatever they came over: who may speak for clients, hooks, the access log, limits and times; the same as over HTTP/1.1, and said in the same words. */

import { rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Certificates } from "../../support/certificates.ts";
import { ErrorCode, H2Client, type H2Answer, type H2Request } from "../../support/h2-client.ts";
import { APPS, startJunicorn, type Junicorn } from "../../support/junicorn.ts";
import { poll } from "../../support/poll.ts";
import { version1, version2 } from "../../support/proxy-header.ts";
import { fetchOver } from "../../support/tls-client.ts";
import { temporaryFolder } from "../../support/tools.ts";

const folder = temporaryFolder({ onTestFinished: () => {} });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { cert, key } = new Certificates(folder).make("own", ["localhost", "127.0.0.1"]);

function start(app: string, ...args: string[]): Promise<Junicorn> {
  const tls = ["--certfile", cert, "--keyfile", key, "--http-protocols", "h1,h2"];
  return startJunicorn({ app, cwd: APPS, shared: true, args: [...tls, ...args] });
}

function connect(server: Junicorn, socket?: Socket): H2Client {
  const client = new H2Client(server.port, { tls: true, ...(socket && { socket }) });
  onTestFinished(() => client.destroy());
  return client;
}

const seen = ({ body }: H2Answer): unknown => JSON.parse(body.toString());

const FORMAT = '%(h)s "%(r)s" %(H)s %(m)s %(U)s %(q)s %(s)s %(B)s %(b)s %({x-a}i)s %({content-type}o)s %({host}i)s';

const HOOKS = `
  export default {
    preRequest(worker, request) {
      if (request.path === "/refused") throw new Error("not this one");
      request.notes.by = request.method + " " + request.httpVersion + " " + request.headers["x-a"];
    },
    postRequest(worker, request, response) {
      worker.log.info("hook " + request.notes.by + " -> " + response.status + " " + response.bytesSent);
    },
  };`;

describe("behind proxies", () => {
  let server: Junicorn;
  beforeAll(async () => {
    const config = join(folder, "hooks.config.mjs");
    writeFileSync(config, HOOKS);
    const log = ["--access-logfile", "-", "--access-logformat", FORMAT];
    const proxies = ["--proxy-protocol", "auto", "--real-ip-header", "X-Forwarded-For"];
    server = await start("who.mjs:wsgi", "--interface", "wsgi", "-k", "gthread", "-c", config, ...log, ...proxies);
  });
  afterAll(() => server.kill());

  test("a trusted one says what its client uses, who it is and where the application is mounted", async () => {
    const headers = {
      "x-forwarded-proto": "http",
      "x-forwarded-for": "6.6.6.6, 192.0.2.7",
      script_name: "/app",
      remote_user: "eve",
    };
    const client = connect(server);
    expect(seen(await client.ask("GET /app/x", { headers }))).toMatchObject({
      ...{ scheme: "http", address: "192.0.2.7", SCRIPT_NAME: "/app", PATH_INFO: "/x", user: null },
    });
    expect(seen(await client.ask("GET /app/x"))).toMatchObject({ scheme: "https", address: "127.0.0.1" });
    // :scheme is the client's opinion.
    expect(seen(await client.ask("GET /", { headers: { ":scheme": "http" } }))).toMatchObject({ scheme: "https" });
  });

  test("fields that contradict each other about the scheme are answered 400", async () => {
    const headers = { "x-forwarded-proto": "https", "x-forwarded-ssl": "off" };
    expect((await connect(server).ask("GET /", { headers })).status).toBe(400);
    await server.waitFor(/\[WARNING\] GET \/ HTTP\/2\.0 from 127\.0\.0\.1.*contradict each other about the scheme/);
  });

  test("the PROXY protocol comes before TLS, and holds for all requests of the connection", async () => {
    const proxied = { PROXY_PROTOCOL: "TCP4", PROXY_ADDR: "198.51.100.1", PROXY_PORT: "443" };
    for (const header of [version1, version2]) {
      const raw = connectTcp(server.port, "127.0.0.1");
      raw.write(header("192.0.2.9", 4711, "198.51.100.1", 443));
      const socket = connectTls({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
      const client = connect(server, socket);
      for (let i = 0; i < 2; i++)
        expect(seen(await client.ask("GET /"))).toMatchObject({ address: "192.0.2.9", proxied, scheme: "https" });
    }
    await server.waitFor(/^192\.0\.2\.9 "GET \/ HTTP\/2\.0"/m);
  });

  test("hooks and the access log see requests as ever", async () => {
    const client = connect(server);
    const { body } = await client.ask("GET /a%20b?c=d", { headers: { "x-a": "1", ":authority": "shop.example" } });
    expect((await client.ask("GET /refused", { headers: { "x-a": "2" } })).status).toBe(500);
    await server.waitFor(new RegExp(`hook GET 2\\.0 1 -> 200 ${body.length}`));
    await server.waitFor(/hook undefined -> 500/);
    const { length } = body;
    const line = `127.0.0.1 "GET /a%20b?c=d HTTP/2.0" HTTP/2.0 GET /a%20b c=d 200 ${length} ${length} 1 application/json shop.example\n`;
    await poll(() => server.stdout.includes(line), { what: () => server.stdout });
  });
});

describe("limits", () => {
  let server: Junicorn;
  beforeAll(async () => {
    const sizes = ["--limit-request-line", "100", "--limit-request-fields", "12", "--limit-request-field-size", "200"];
    const times = ["--request-timeout", "1", "--body-timeout", "0.4", "--header-timeout", "2"];
    const others = ["--limit-request-body", "1000", "--forwarded-allow-ips", "192.0.2.1", "--header-map", "refuse"];
    server = await start("conformance-wsgi.mjs", "-k", "async", ...sizes, ...times, ...others, "--health-path", "/up");
  });
  afterAll(() => server.kill());

  const many = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`x-${i}`, "1"]));
  test.each<[string, string, H2Request, number, RegExp]>([
    ["a long path", `GET /${"x".repeat(120)}`, {}, 414, /414 the request line.*\(request-line-too-long\)/],
    ["many fields", "GET /", { headers: many }, 431, /431 there are more.*\(too-many-fields\)/],
    ["a long field", "GET /", { headers: { "x-a": "y".repeat(300) } }, 431, /431 a header field.*\(field-too-long\)/],
    [
      "a large body",
      "POST /sink",
      { headers: { "content-length": 1001 }, body: "x".repeat(1001) },
      413,
      /413 .*\(body-too-large\)/,
    ],
    ["an underscore", "GET /", { headers: { script_name: "/a" } }, 400, /has an underscore/],
    ["an odd expectation", "GET /", { headers: { expect: "miracles" } }, 417, /417 .*\(expectation-failed\)/],
    ["an odd method", "SEARCHES /", {}, 400, /400 .*\(bad-method\)/],
    ["a slow application", "GET /delay?ms=3000&say=x", {}, 504, /no answer within 1 s/],
  ])("%s: the status and the line in the log are those of HTTP/1.1", async (_what, line, options, status, said) => {
    const times = (): number => server.output.split("\n").filter((text) => said.test(text)).length;
    const [method = "", path = ""] = line.split(" ");
    const { headers = {}, body } = options;
    const before = times();
    if (method !== "SEARCHES") {
      // Node's client does not send that one
      const old = await fetchOver(server.port, path, {
        method,
        headers: headers as Record<string, string>,
        ...(typeof body === "string" && { body }),
      });
      expect(old.status).toBe(status);
      await poll(() => times() === before + 1);
    }
    const between = times();
    const client = connect(server);
    expect((await client.ask(line, options)).status).toBe(status);
    await poll(() => times() === between + 1);
    expect((await client.ask("GET /hello")).status).toBe(200); // only the stream has ended
  });

  test("an undeclared body over limit_request_body, and one that stops coming", async () => {
    const client = connect(server);
    expect((await client.ask("POST /sink", { body: "x".repeat(1001) })).status).toBe(413);
    const stream = client.session.request({ ":method": "POST", ":path": "/sink" }, { endStream: false });
    stream.on("error", () => {});
    stream.write("x");
    const status = await new Promise((resolve) => {
      stream.once("response", (headers) => resolve(headers[":status"]));
      stream.once("close", () => resolve(stream.rstCode));
    });
    expect(status).toBe(408);
    await server.waitFor(/POST \/sink HTTP\/2\.0 from .*body_timeout/);
    stream.close();
  });

  test("the health check is answered, and a connection without a request is closed after header_timeout", async () => {
    const client = connect(server);
    const silent = connect(server);
    expect(await client.ask("GET /up")).toMatchObject({ status: 200, body: Buffer.from("ok\n") });
    await poll(() => silent.closed);
    expect(silent.goaways).toContain(ErrorCode.NO_ERROR);
  });
});

describe("http2_*", () => {
  let server: Junicorn;
  beforeAll(async () => {
    const limits = ["--http2-max-concurrent-streams", "3", "--http2-initial-window-size", "20000"];
    const sizes = ["--http2-max-frame-size", "20000", "--http2-max-header-list-size", "3000"];
    server = await start("conformance-node.mjs", "-k", "async", ...limits, ...sizes);
  });
  afterAll(() => server.kill());

  test("are what clients are told, and hold for those that do not heed them", async () => {
    const client = connect(server);
    await client.ask("GET /hello");
    expect(client.session.remoteSettings).toMatchObject({
      ...{ maxConcurrentStreams: 3, initialWindowSize: 20_000, maxFrameSize: 20_000, maxHeaderListSize: 3000 },
      enablePush: false,
    });
    // Node's client keeps the fourth back until there is room.
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.ask("GET /delay?ms=10&say=x")));
    for (const { status, code } of answers) expect([status || code]).toEqual([200]);
    const large = await client.ask("GET /", { headers: { "x-a": "y".repeat(2000), "x-b": "y".repeat(2000) } });
    expect(large.status === 431 || large.code !== 0).toBe(true);
    await server.waitFor(
      /Invalid request from 127\.0\.0\.1:\d+: (431 .*\(header-list-too-large\)|.*\(http2-header-list\))/,
    );
    expect((await client.ask("POST /sink", { body: Buffer.alloc(100_000) })).body.toString()).toBe("100000");
  });
});
