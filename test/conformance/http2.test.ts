/**
 * JUNICORN_HTTP2=full runs all interfaces in all classes; else each of them is there once.
 * The suite over HTTP/2: the same applications in the same classes, asked for the same things. What is not here is of HTTP/1's wire: framing (chunks, lengths,
 * HTTP/1.0, the corpus of malformed heads), keep-alive and pipelining, Expect where nothing but the answer is seen, upgrades. Floods and the end of sessions are in test/integration/h2.
 */

import { rmSync } from "node:fs";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { Certificates } from "../support/certificates.ts";
import { ErrorCode, H2Client, NGHTTP2_MINOR, type H2Answer, type H2Request } from "../support/h2-client.ts";
import { poll } from "../support/poll.ts";
import { describeSubjects } from "../support/subjects.ts";
import { temporaryFolder } from "../support/tools.ts";

const folder = temporaryFolder({ onTestFinished: () => {} });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { cert, key } = new Certificates(folder).make("own", ["localhost", "127.0.0.1"]);
const ARGS = ["--certfile", cert, "--keyfile", key, "--http-protocols", "h1,h2", "--keep-alive", "0.5"];

const FULL = process.env["JUNICORN_HTTP2"] === "full";
const IN_SHORT = ["fetch in async", "node in gthread", "wsgi in sync"];

describe("over HTTP/2", () => {
  describeSubjects(
    (subject, server) => {
      function connect(): H2Client {
        const client = new H2Client(server().port, { tls: true });
        onTestFinished(() => client.destroy());
        return client;
      }
      const ask = (line: string, options?: H2Request): Promise<H2Answer> => connect().ask(line, options);

      it("answers a GET with a length, a date and its name", async () => {
        const { status, headers, body, code } = await ask("GET /hello");
        expect({ status, code, body: body.toString() }).toEqual({ status: 200, code: 0, body: "hello\n" });
        expect(headers).toMatchObject({ "content-type": "text/plain", server: "junicorn" });
        expect(Math.abs(Date.now() - Date.parse(String(headers.date)))).toBeLessThan(5000);
        expect(headers).not.toHaveProperty("connection");
      });

      it("answers HEAD with the headers of the GET and no body", async () => {
        const names = ({ headers }: H2Answer): string[] =>
          Object.keys(headers).filter((name) => name !== "content-length");
        const head = await ask("HEAD /hello");
        expect(head).toMatchObject({ status: 200, code: 0 });
        expect(head.body.length).toBe(0);
        expect(names(head).sort()).toEqual(names(await ask("GET /hello")).sort());
      });

      it.each([201, 204, 304, 404, 503])("sends %i", async (code) => {
        expect(await ask(`GET /status?code=${code}`)).toMatchObject({ status: code, code: 0 });
      });

      it("keeps repeated Set-Cookie fields apart, and sends one Server and one Date, whoever sets them", async () => {
        expect((await ask("GET /cookies")).headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2"]);
        const { headers } = await ask("GET /own-fields");
        expect(headers.server).not.toContain(",");
        expect(Number.isNaN(Date.parse(String(headers.date)))).toBe(false);
      });

      it("streams an answer as the application makes it, and sends a large one whole", async () => {
        const streamed = await ask("GET /stream?count=5");
        expect(streamed.code).toBe(0);
        expect(streamed.body.toString()).toBe("part 0\npart 1\npart 2\npart 3\npart 4\n");
        const large = await ask("GET /flood?bytes=5000000");
        expect(large).toMatchObject({ status: 200, code: 0 });
        expect(large.body.equals(Buffer.alloc(5_000_000, 97))).toBe(true);
      });

      it("sends nothing that belongs to connections of HTTP/1, whatever the application sets", async () => {
        const { status, headers, code } = await ask("GET /hop");
        expect({ status, code }).toEqual({ status: 200, code: 0 });
        for (const name of ["connection", "keep-alive", "proxy-connection"]) expect(headers).not.toHaveProperty(name);
      });

      it("takes trailers of a body", async () => {
        const answer = await ask("POST /inspect", { body: "abc", trailers: { "x-t": "1" } });
        const seen = JSON.parse(answer.body.toString()) as { body: string; trailers?: string[] };
        expect(seen.body).toBe("abc");
        if (subject.interface === "node") expect(seen.trailers).toEqual(["x-t", "1"]);
      });

      if (subject.interface !== "fetch") {
        it("sends early hints", async () => {
          const answer = await ask("GET /hints");
          expect(answer.interim).toMatchObject([{ ":status": 103, link: "</a.css>; rel=preload" }]);
          expect(answer).toMatchObject({ status: 200, body: Buffer.from("ok"), code: 0 });
        });

        it("sends trailers", async () => {
          const answer = await ask("GET /trailers", { headers: { te: "trailers" } });
          expect(answer).toMatchObject({ trailers: { "x-sum": "4" }, code: 0 });
          expect(answer.body.toString()).toBe("body");
        });
      }

      it.each(["POST", "PUT", "PATCH", "DELETE"])("echoes the body of a %s, declared or not", async (method) => {
        for (const headers of [{}, { "content-length": 8 }]) {
          const answer = await ask(`${method} /echo`, { headers, body: "the body" });
          expect({ status: answer.status, body: answer.body.toString() }).toEqual({ status: 200, body: "the body" });
        }
      });

      it("echoes every byte value of a large body", async () => {
        const body = Buffer.alloc(3_000_000, Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
        expect((await ask("POST /echo", { body })).body.equals(body)).toBe(true);
      });

      it("sends 100 Continue to those who ask for it, once the application reads the body", async () => {
        const answer = await ask("POST /inspect", { headers: { "content-length": 4 }, body: "body", expect: true });
        expect(JSON.parse(answer.body.toString())).toMatchObject({ body: "body" });
      });

      it("answers without reading the body, however large it is", async () => {
        for (const size of [1000, 2_000_000]) {
          const answer = await ask("POST /unread", { body: Buffer.alloc(size) });
          expect(answer).toMatchObject({ status: 200, code: 0 });
          expect(answer.body.toString()).toBe("not read\n");
        }
      });

      it("tells the application of a body that breaks off, and serves the next", async () => {
        const client = connect();
        const before = server().output.length;
        const stream = client.session.request({ ":method": "POST", ":path": "/inspect" });
        stream.on("error", () => {});
        stream.write("half");
        stream.once("ready", () => setTimeout(() => stream.close(8), 20));
        await new Promise((resolve) => stream.once("close", resolve));
        expect((await ask("GET /hello")).status).toBe(200);
        expect(server().output.slice(before)).not.toMatch(/\[ERROR\]/);
      });

      it("answers many at once", async () => {
        const client = connect();
        const answers = await Promise.all(Array.from({ length: 30 }, () => client.ask("GET /hello")));
        for (const { status } of answers) expect(status).toBe(200);
      });

      it.each(["/throw", "/reject"])("answers %s with 500 and logs the request", async (path) => {
        expect(await ask(`GET ${path}`)).toMatchObject({ status: 500, code: 0 });
        await server().waitFor(new RegExp(`\\[ERROR\\][^]*GET ${path} HTTP/2\\.0 from 127`));
      });

      it("does not let an answer look whole that fails in the middle, or is shorter than it declares", async () => {
        for (const path of ["/throw-late", "/declared?length=10&bytes=5"]) {
          const { status, code } = await ask(`GET ${path}`);
          expect(status === 500 || code !== 0).toBe(true);
        }
      });

      it.each(["/bad-header", "/bad-name"])("answers 500 for %s: nothing of it goes on the wire", async (path) => {
        const { status, headers } = await ask(`GET ${path}`);
        expect(status).toBe(500);
        expect(JSON.stringify(headers)).not.toMatch(/injected|x.bad/i);
      });

      it("tells the client what is wrong with a request, and the log", async () => {
        expect(await ask(`GET /${"x".repeat(5000)}`)).toMatchObject({ status: 414 });
        expect(await ask("GET /", { headers: { "x-a": "y".repeat(9000) } })).toMatchObject({ status: 431 });
        await server().waitFor(/Invalid request from 127\.0\.0\.1:\d+: 431 .*\(field-too-long\)/);
        const headers = { "content-length": 3 };
        const { code } = await ask("POST /echo", { headers, body: "longer" });
        if (NGHTTP2_MINOR < 69) {
          expect(code).toBe(ErrorCode.PROTOCOL_ERROR);
          await server().waitFor(
            /\[WARNING\] Invalid request from 127\.0\.0\.1:\d+: stream 1 is reset: .*\(http2-malformed\)/,
          );
        } else {
          expect(code).toBe(ErrorCode.INTERNAL_ERROR); // of the session, which ends
          await server().waitFor(
            /\[WARNING\] HTTP\/2 session with 127\.0\.0\.1:\d+ ended: .* Protocol error \(http2-protocol-error\)/,
          );
        }
      });

      if (subject.keepAlive) {
        it("keeps the connection, and closes it in order when it is idle", async () => {
          const client = connect();
          for (let i = 0; i < 3; i++) expect((await client.ask("GET /hello")).status).toBe(200);
          await poll(() => client.closed);
          expect(client.goaways).toContain(0);
        });
      }
    },
    ARGS,
    (subject) =>
      subject.engine === "llhttp" && (FULL || IN_SHORT.includes(`${subject.interface} in ${subject.workerClass}`)),
  );
});
