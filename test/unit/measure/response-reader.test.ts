import { describe, expect, it } from "vitest";
import { ResponseReader } from "../../../src/measure/load/response-reader.ts";

const ANSWERS: Record<string, string> = {
  "a counted body": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "an empty body": "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
  "no body at all": "HTTP/1.1 204 No Content\r\n\r\n",
  "chunks with an extension and a trailer":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhe\r\no\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
  "early hints before it":
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
};

/** What the reader tells of some pieces of input. */
function read(pieces: Buffer[], ended = false): [status: number, closes: boolean, text: string][] {
  const told: [number, boolean, string][] = [];
  const reader = new ResponseReader((...answer) => told.push(answer));
  for (const piece of pieces) reader.read(piece);
  if (ended) reader.end();
  return told;
}

describe("the end of an answer", () => {
  it.each(Object.entries(ANSWERS))("is found after %s, wherever the input is cut", (_, text) => {
    const bytes = Buffer.from(text);
    const status = text.includes("204") ? 204 : 200;
    for (let at = 0; at <= bytes.length; at++) {
      const pieces = [bytes.subarray(0, at), bytes.subarray(at)];
      expect(read(pieces), `cut at ${at}`).toEqual([[status, false, ""]]);
    }
    expect(read(Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1)))).toEqual([[status, false, ""]]);
    expect(read([bytes, bytes])).toHaveLength(2);
    expect(read([bytes.subarray(0, -1)])).toEqual([]);
  });

  it("is the connection's end where no length is told", () => {
    const text = Buffer.from("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
    expect(read([text])).toEqual([]);
    expect(read([text], true)).toEqual([[200, true, ""]]);
  });

  it("comes with the text of a failure", () => {
    expect(read([Buffer.from("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nboom")])).toEqual([[500, false, "boom"]]);
  });
});
