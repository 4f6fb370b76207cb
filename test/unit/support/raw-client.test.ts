/** The tests' own client: it must refuse what is not clean, or the conformance suite proves nothing. */

import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { exchange, RawClient, request } from "../../support/raw-client.ts";
import { valueOf } from "../../support/response-parser.ts";

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that reads a head and then answers with the given pieces. */
async function answering(...pieces: string[]): Promise<number> {
  server = createServer((socket: Socket) => {
    socket.once("data", () => {
      for (const piece of pieces) socket.write(piece, "latin1");
      socket.end();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

describe("a clean answer", () => {
  it("by length", async () => {
    const response = await exchange(
      await answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
      request("GET /"),
    );
    expect(response).toMatchObject({ status: 200, reason: "OK", framing: "length", cut: false });
    expect(response.body.toString()).toBe("hello");
  });

  it("chunked, with trailers and an interim answer", async () => {
    const port = await answering(
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n",
    );
    const response = await exchange(port, request("GET /"));
    expect(response).toMatchObject({
      chunks: [3, 2],
      trailers: [["X-Sum", "1"]],
      interim: [{ status: 100 }],
      cut: false,
    });
    expect(response.body.toString()).toBe("abcde");
  });

  it("ended by closing", async () => {
    const response = await exchange(await answering("HTTP/1.0 200 OK\r\n\r\nall"), request("GET /"));
    expect(response).toMatchObject({ framing: "close", cut: false, httpMinor: 0 });
  });

  it("in a pipeline", async () => {
    const port = await answering("HTTP/1.1 200 A\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 204 B\r\n\r\n");
    const client = await RawClient.connect(port);
    await client.send(request("GET /"), [3, 9]);
    expect((await client.read()).reason).toBe("A");
    expect((await client.read()).reason).toBe("B");
    expect(await client.closed()).toBe(true);
    client.destroy();
  });
});

describe("what is not clean", () => {
  it.each([
    ["a cut body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"],
    ["a cut chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"],
    ["no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
  ])("%s is marked", async (_, text) => {
    expect((await exchange(await answering(text), request("GET /"))).cut).toBe(true);
  });

  it.each([
    ["two framings", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"],
    ["a length on 204", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"],
    ["a bad field", "HTTP/1.1 200 OK\r\nBad Field: 3\r\n\r\n"],
    ["a bare line feed", "HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\n\r\n"],
    ["a bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n"],
    ["no answer", ""],
  ])("%s is an error", async (_, text) => {
    await expect(exchange(await answering(text), request("GET /"))).rejects.toThrow();
  });

  it("a repeated field is an error when one is asked for", async () => {
    const response = await exchange(await answering("HTTP/1.1 204 OK\r\nDate: a\r\nDate: b\r\n\r\n"), request("GET /"));
    expect(() => valueOf(response, "date")).toThrow("repeated");
  });
});
