/** The llhttp engine over real sockets, without a worker around it. */

import { afterEach, describe, expect, test } from "vitest";
import type { Exchange } from "../../../src/http/exchange.ts";
import { native } from "../../../src/native.ts";
import { startEngine, type EngineHarness } from "../../support/engine-harness.ts";
import { poll } from "../../support/poll.ts";
import { RawClient, request, type RawResponse } from "../../support/raw-client.ts";

const harnesses: EngineHarness[] = [];
const clients: RawClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  for (const harness of harnesses.splice(0)) harness.stop();
});

function start(...args: Parameters<typeof startEngine>): EngineHarness {
  const harness = startEngine(...args);
  harnesses.push(harness);
  return harness;
}

async function connect(harness: EngineHarness): Promise<RawClient> {
  const client = await RawClient.connect(harness.port);
  clients.push(client);
  return client;
}

const header = (answer: RawResponse, name: string): string | undefined =>
  answer.headers.find(([key]) => key.toLowerCase() === name)?.[1];

const hello = (exchange: Exchange): void => exchange.respond(200, "", [], `hello ${exchange.target}`);

/** Reads the whole body and answers with it. */
function echo(exchange: Exchange): void {
  const chunks: Uint8Array[] = [];
  exchange.readBody({
    data: (chunk) => chunks.push(chunk),
    end: (trailers) => exchange.respond(200, "", ["X-Trailers", trailers.join()], Buffer.concat(chunks)),
    fail: (error) => exchange.abort(error),
  });
}

describe("keep-alive and pipelining", () => {
  test("pipelined requests are answered in order, one at a time", async () => {
    let running = 0;
    let most = 0;
    const harness = start((exchange) => {
      most = Math.max(most, ++running);
      setTimeout(
        () => {
          running--;
          hello(exchange);
        },
        exchange.target === "/0" ? 40 : 0,
      );
    });
    const client = await connect(harness);
    await client.send([0, 1, 2, 3].map((i) => request(`GET /${i}`)).join(""));
    for (const i of [0, 1, 2, 3]) expect((await client.read()).body.toString()).toBe(`hello /${i}`);
    expect(most).toBe(1);
  });

  test("a long pipeline answered synchronously neither recurses nor loses a request", async () => {
    const harness = start(hello);
    const client = await connect(harness);
    const count = 3000;
    await client.send(request("GET /x").repeat(count));
    for (let i = 0; i < count; i++) expect((await client.read()).status).toBe(200);
  });

  test("Connection: close and HTTP/1.0 close after the answer; HTTP/1.0 may ask to be kept", async () => {
    const harness = start(hello);
    const closing = await connect(harness);
    await closing.send(request("GET /", { Connection: "close" }));
    expect(header(await closing.read(), "connection")).toBe("close");
    expect(await closing.closed()).toBe(true);
    const old = await connect(harness);
    await old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect(header(await old.read(), "connection")).toBe("keep-alive");
    await old.send("GET / HTTP/1.0\r\n\r\n");
    await old.read();
    expect(await old.closed()).toBe(true);
    await poll(() => harness.engine.connections === 0);
  });

  test("an idle connection is closed after the keep-alive time, not before", async () => {
    const harness = start(hello, { keepAliveMs: 400 });
    const client = await connect(harness);
    const begun = performance.now();
    await client.send(request("GET /"));
    await client.read();
    await client.closed();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(400);
  });
});

describe("request bodies", () => {
  test("nothing is read before the application asks, and the kernel holds the rest", async () => {
    let begun: Exchange | null = null;
    const harness = start((exchange) => (begun = exchange));
    const client = await connect(harness);
    const size = 32 * 1024 * 1024;
    void client
      .send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`)
      .then(() => client.send(Buffer.alloc(size)));
    await poll(() => begun !== null);
    await poll(() => client.socket.writableLength > size / 2); // it cannot get rid of the rest
    let received = 0;
    const exchange = begun as unknown as Exchange;
    exchange.readBody({
      data: (chunk) => (received += chunk.length),
      end: () => exchange.respond(200, "", [], String(received)),
      fail: () => undefined,
    });
    expect((await client.read("POST")).body.toString()).toBe(String(size));
  });

  test("100 Continue is sent when the body is wanted, and only then", async () => {
    const harness = start((exchange) => (exchange.target === "/no" ? hello(exchange) : echo(exchange)));
    const wanted = await connect(harness);
    await wanted.send(request("POST /", { Expect: "100-continue", "Content-Length": "4" }));
    expect((await wanted.readInterim()).status).toBe(100);
    await wanted.send("abcd");
    expect((await wanted.read("POST")).body.toString()).toBe("abcd");
    const refused = await connect(harness);
    await refused.send(request("POST /no", { Expect: "100-continue", "Content-Length": "4" }));
    const answer = await refused.read("POST");
    expect(answer.interim).toEqual([]);
    expect(header(answer, "connection")).toBe("close");
  });

  test("chunks split anywhere, with trailers, arrive whole", async () => {
    const harness = start(echo);
    const text =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n";
    for (let cut = 1; cut < text.length; cut += 7) {
      const client = await connect(harness);
      await client.send(text, [cut]);
      const answer = await client.read("POST");
      expect(answer.body.toString()).toBe("abcde");
      expect(header(answer, "x-trailers")).toBe("X-Sum,5");
    }
  });

  test.each([
    ["0000000000000000000", 0],
    ["0000000000000000003", 3],
    ["9007199254740991", 9007199254740991],
  ])("a length of many digits is told as it is: %s", async (digits, length) => {
    const harness = start((exchange) => exchange.respond(200, "", [], `${exchange.contentLength}`));
    const client = await connect(harness);
    await client.send(request("POST /", { "Content-Length": digits }));
    expect((await client.read("POST")).body.toString()).toBe(String(length));
  });

  test("a small body that nobody read is skipped, a large one closes the connection", async () => {
    const harness = start(hello);
    const small = await connect(harness);
    await small.send(request("POST /1", { "Content-Length": "40000" }));
    expect(header(await small.read("POST"), "connection")).toBe("keep-alive");
    await small.send(Buffer.alloc(40_000));
    await small.send(request("GET /2"));
    expect((await small.read()).body.toString()).toBe("hello /2");
    const large = await connect(harness);
    await large.send(request("POST /1", { "Content-Length": "4000000" }));
    expect(header(await large.read("POST"), "connection")).toBe("close");
    expect(await large.closed()).toBe(true);
  });

  test("a body that is asked for after the answer fails, and is skipped all the same", async () => {
    const failures: unknown[] = [];
    const answered: Exchange[] = [];
    const harness = start((exchange) => {
      hello(exchange);
      answered.push(exchange);
    });
    const client = await connect(harness);
    await client.send(request("POST /1", { "Content-Length": "4" }) + "bo");
    expect(header(await client.read("POST"), "connection")).toBe("keep-alive");
    answered[0]!.readBody({ data: () => {}, end: () => {}, fail: (error) => failures.push(error) });
    expect(failures).toEqual([expect.objectContaining({ code: "ERR_REQUEST_ANSWERED" })]);
    await client.send(`dy${request("GET /2")}`);
    expect((await client.read()).body.toString()).toBe("hello /2");
  });

  test("a client that closes in the middle of its body fails the body", async () => {
    const failures: Error[] = [];
    const harness = start((exchange) => {
      exchange.readBody({
        data: () => undefined,
        end: () => expect.unreachable(),
        fail: (error) => failures.push(error),
      });
    });
    const client = await connect(harness);
    await client.send(request("POST /", { "Content-Length": "10" }) + "abc");
    client.destroy();
    await poll(() => failures.length === 1);
  });

  test("a malformed chunk fails the body, is reported, and the connection ends", async () => {
    const harness = start((exchange) => {
      exchange.readBody({
        data: () => undefined,
        end: () => expect.unreachable(),
        fail: (error) => exchange.respond(400, "", [], error.message),
      });
    });
    const client = await connect(harness);
    await client.send(request("POST /", { "Transfer-Encoding": "chunked" }));
    await poll(() => harness.engine.connections === 1);
    await client.send("3\r\nabcXX");
    const answer = await client.read("POST");
    expect(answer.status).toBe(400);
    expect(header(answer, "connection")).toBe("close");
    expect(harness.refusals.map((refusal) => refusal.rule)).toEqual(["bad-chunk"]);
    expect(await client.closed()).toBe(true);
  });
});

describe("answers", () => {
  test("a streamed answer is chunked, and its head does not wait for the body", async () => {
    let begun: Exchange | null = null;
    const harness = start((exchange) => {
      exchange.start(200, "", ["X-A", "1"]);
      begun = exchange;
    });
    const client = await connect(harness);
    await client.send(request("GET /"));
    await client.readBytes(20);
    const exchange = begun as unknown as Exchange;
    exchange.write("héllo ");
    exchange.write(Buffer.from("world"));
    exchange.end(["X-Sum", "12"]);
    const answer = await client.read();
    expect(answer.body.toString()).toBe("héllo world");
    expect(answer.trailers).toEqual([["X-Sum", "12"]]);
  });

  test("write() says when to stop, and onDrain when to go on", async () => {
    const total = 64 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024, "x");
    let most = 0;
    const harness = start((exchange) => {
      let sent = 0;
      exchange.start(200, "", ["Content-Length", String(total)]);
      const push = (): void => {
        while (sent < total) {
          sent += piece.length;
          if (!exchange.write(piece)) {
            most = Math.max(most, 1);
            return;
          }
        }
        exchange.end();
      };
      exchange.onDrain = push;
      push();
    });
    const client = await connect(harness);
    client.socket.pause();
    await client.send(request("GET /"));
    await poll(() => most === 1);
    client.socket.resume();
    const answer = await client.read("GET", 30_000);
    expect(answer.body.length).toBe(total);
  });

  test("an answer short of its Content-Length is cut, not ended", async () => {
    const errors: unknown[] = [];
    const harness = start((exchange) => {
      exchange.start(200, "", ["Content-Length", "10"]);
      exchange.write("abc");
      setTimeout(() => {
        try {
          exchange.end();
        } catch (error) {
          errors.push(error);
        }
      }, 5);
    });
    const client = await connect(harness);
    await client.send(request("GET /"));
    expect((await client.read()).cut).toBe(true);
    expect(String(errors[0])).toMatch(/Content-Length/);
  });

  test("an abort in the middle of a stream reaches the client as a reset", async () => {
    const harness = start((exchange) => {
      exchange.start(200, "", []);
      exchange.write("abc");
      setTimeout(() => exchange.abort(new Error("enough")), 5);
    });
    const client = await connect(harness);
    await client.send(request("GET /"));
    expect((await client.read()).cut).toBe(true);
  });

  test("calls after the end, and after the client has gone, do nothing", async () => {
    let begun: Exchange | null = null;
    const harness = start((exchange) => (begun = exchange));
    const client = await connect(harness);
    await client.send(request("GET /"));
    await poll(() => begun !== null);
    const exchange = begun as unknown as Exchange;
    let aborted = 0;
    exchange.onAbort = () => aborted++;
    client.reset();
    await poll(() => exchange.over);
    expect(aborted).toBe(1);
    exchange.respond(200, "", [], "late");
    exchange.start(200, "", []);
    expect(exchange.write("late")).toBe(true);
    exchange.end();
    exchange.abort(new Error("late"));
    expect(exchange.status).toBe(0);
  });

  test("a client that half-closes still gets its answer", async () => {
    let told = 0;
    const harness = start((exchange) => {
      exchange.onAbort = () => told++;
      void poll(() => told === 1).then(() => hello(exchange));
    });
    const client = await connect(harness);
    await client.send(request("GET /half"));
    client.halfClose();
    expect((await client.read()).body.toString()).toBe("hello /half");
    expect(await client.closed()).toBe(true);
  });
});

describe("limits and refusals", () => {
  test.each([
    ["request-line-too-long", 414, `GET /${"a".repeat(5000)} HTTP/1.1\r\nHost: h\r\n\r\n`],
    ["field-too-long", 431, `GET / HTTP/1.1\r\nHost: h\r\nX: ${"a".repeat(9000)}\r\n\r\n`],
    ["too-many-fields", 431, `GET / HTTP/1.1\r\nHost: h\r\n${"X: y\r\n".repeat(100)}\r\n`],
    [
      "content-length-with-transfer-encoding",
      400,
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
  ])("%s is answered with %i, plain text, and the end of the connection", async (rule, status, bytes) => {
    const harness = start(() => expect.unreachable());
    const client = await connect(harness);
    await client.send(bytes);
    const answer = await client.read();
    expect(answer.status).toBe(status);
    expect(header(answer, "connection")).toBe("close");
    expect(header(answer, "content-type")).toMatch(/^text\/plain/);
    expect(harness.refusals).toMatchObject([{ rule, status, peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }]);
    expect(await client.closed()).toBe(true);
  });

  test("a head that does not arrive in time is 408, a connection that says nothing is closed without a word", async () => {
    const harness = start(hello, { headerTimeoutMs: 300 });
    const slow = await connect(harness);
    await slow.send("GET / HT");
    expect((await slow.read()).status).toBe(408);
    const silent = await connect(harness);
    expect(await silent.closed()).toBe(true);
  });
});

describe("drain", () => {
  test("idle connections close, busy ones finish with Connection: close, new ones are still served", async () => {
    const waiting: Exchange[] = [];
    const harness = start((exchange) => (exchange.target === "/wait" ? waiting.push(exchange) : hello(exchange)));
    const idle = await connect(harness);
    await idle.send(request("GET /"));
    await idle.read();
    const busy = await connect(harness);
    await busy.send(request("GET /wait"));
    await poll(() => waiting.length === 1);
    const fresh = await connect(harness);
    await poll(() => harness.engine.connections === 3);
    harness.engine.drain(100);
    expect(await idle.closed()).toBe(true);
    await fresh.send(request("GET /fresh"));
    const answer = await fresh.read();
    expect(answer.body.toString()).toBe("hello /fresh");
    expect(header(answer, "connection")).toBe("close");
    hello(waiting[0]!);
    expect(header(await busy.read(), "connection")).toBe("close");
    expect(await busy.closed()).toBe(true);
    await poll(() => harness.engine.connections === 0);
    expect(harness.closed()).toBe(3);
  });

  test("requests of a pipeline that are here are answered, the last of them with Connection: close", async () => {
    const waiting: Exchange[] = [];
    const harness = start((exchange) => (exchange.target === "/wait" ? waiting.push(exchange) : hello(exchange)));
    const client = await connect(harness);
    await client.send(request("GET /wait") + request("GET /second"));
    await poll(() => waiting.length === 1);
    harness.engine.drain(1000);
    hello(waiting[0]!);
    expect(header(await client.read(), "connection")).not.toBe("close");
    const last = await client.read();
    expect([last.body.toString(), header(last, "connection")]).toEqual(["hello /second", "close"]);
    expect(await client.closed()).toBe(true);
  });

  test("a client that was told keep-alive before may send another request after its answer has ended", async () => {
    const streams: Exchange[] = [];
    const harness = start((exchange) => {
      if (exchange.target !== "/stream") return hello(exchange);
      exchange.start(200, "", []);
      exchange.write("part");
      streams.push(exchange);
    });
    const client = await connect(harness);
    await client.send(request("GET /stream"));
    await client.readBytes(100);
    harness.engine.drain(1000);
    streams[0]!.end();
    expect(header(await client.read(), "connection")).not.toBe("close");
    await client.send(request("GET /next"));
    expect(header(await client.read(), "connection")).toBe("close");
    expect(await client.closed()).toBe(true);
  });

  test("destroy() cuts what is left and says how many", async () => {
    const harness = start(() => undefined);
    const client = await connect(harness);
    await client.send(request("GET /"));
    await poll(() => harness.engine.connections === 1);
    expect(harness.engine.destroy()).toBe(1);
    await client.closed();
    expect(harness.engine.connections).toBe(0);
  });
});

test("an upgrade hands the raw socket and the bytes after the head to the application", async () => {
  const harness = start(
    (exchange) => {
      expect(exchange.isUpgrade).toBe(true);
      const { socket, head } = exchange.upgrade();
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.write(head);
      socket.pipe(socket);
    },
    { acceptsUpgrade: () => true },
  );
  const client = await connect(harness);
  await client.send(request("GET /", { Connection: "Upgrade", Upgrade: "echo" }) + "first ");
  await client.send("second");
  await poll(() => client.pending.toString().endsWith("first second"));
  client.halfClose();
  await client.closed();
  await poll(() => harness.engine.connections === 0);
});

test("an upgrade that the application declines is an ordinary request, and so is what follows", async () => {
  const harness = start(hello, { acceptsUpgrade: () => true });
  const client = await connect(harness);
  await client.send(request("GET /1", { Connection: "Upgrade", Upgrade: "echo" }) + request("GET /2"));
  expect((await client.read()).body.toString()).toBe("hello /1");
  expect((await client.read()).body.toString()).toBe("hello /2");
});

test("a client that has gone before it can be refused is no trouble", async () => {
  const harness = start(hello);
  const addon = native();
  const fd = addon.listen({ host: "127.0.0.1", port: 0, backlog: 8 });
  const accepted: number[] = [];
  const listener = new addon.Listener(fd, (connection) => accepted.push(connection));
  listener.resume();
  const client = await RawClient.connect(addon.socketName(fd).port);
  await poll(() => accepted.length === 1);
  client.reset();
  await poll(() => addon.isReadable(accepted[0]!));
  harness.engine.refuse(accepted[0]!, "127.0.0.1", 1, { host: "127.0.0.1", port: 1, unixPath: "" }, "plain-on-tls");
  expect([harness.refusals.length, harness.closed(), harness.engine.connections]).toEqual([1, 1, 0]);
  listener.close();
  addon.close(fd);
});
