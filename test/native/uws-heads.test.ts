/** Heads as the addon reads them out of uWebSockets' memory, over real sockets: against the parser's reading of the same bytes, and with texts that come and go. */

import { once } from "node:events";
import type { Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { loadUws, type UwsApp, type UwsRequest, type UwsResponse } from "../../src/engines/uws/binding.ts";
import { Heads } from "../../src/engines/uws/heads.ts";
import { HeadFlag, native, ParserField } from "../../src/native.ts";
import { HAS_UWS } from "../support/uws.ts";
import { connectedPair } from "./sockets.ts";

const LIMITS = { requestLine: 4094, fields: 90, fieldSize: 8190, body: 0 };

/** What is known of a request, or the rule that it breaks. */
interface Read {
  rule: string | null;
  method?: string;
  target?: string;
  fields?: string[];
  length?: number;
}

let app: UwsApp;
let client: Socket;
let heads: Heads;
let handle: (response: UwsResponse, request: UwsRequest) => void;
const unsound: string[] = [];
/** What uWebSockets says of a request, if it is to say something else than it does. */
let misled = (request: UwsRequest): UwsRequest => request;

beforeAll(async () => {
  if (!HAS_UWS) return;
  const uws = loadUws(64 * 1024);
  if (typeof uws === "string") throw new Error(uws);
  heads = new Heads(LIMITS, (problem) => unsound.push(problem));
  app = uws.App().any("/*", (response, request) => handle(response, request));
  await reconnect();
});
afterAll(() => {
  client?.destroy();
  app?.close();
});

describe.runIf(HAS_UWS)("heads of uWebSockets' requests", () => {
  it("are held against what uWebSockets says of the first sound one, and all are refused where that is something else", async () => {
    const told: string[] = [];
    const checked = new Heads(LIMITS, (problem) => told.push(problem));
    const before = heads;
    heads = checked;
    /** As read where uWebSockets says that the path is /b. */
    const readAsB = (value: string): Promise<Read> => {
      misled = (request) => Object.assign(request, { getUrl: () => "/b" });
      return readBytes(`GET /a?c HTTP/1.1\r\nHost: h\r\nX-A: ${value}\r\n\r\n`);
    };
    onTestFinished(() => {
      heads = before;
      misled = (request) => request;
    });
    // What uWebSockets does not give out as it came proves nothing.
    expect(await readAsB("a\xe9b")).toMatchObject({ rule: null, target: "/a?c" });
    expect([checked.sound, told]).toEqual([true, []]);
    expect(await readAsB("1")).toEqual({ rule: "malformed" });
    expect([checked.sound, told]).toEqual([false, [expect.stringContaining("/a?c")]]);
    expect(await readAsB("1")).toEqual({ rule: "malformed" });
    heads = before;
    misled = (request) => request;
    expect((await readBytes("GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n")).rule).toBeNull();
    expect(await readAsB("1")).toMatchObject({ rule: null, target: "/a?c" }); // once is enough
    expect(unsound).toEqual([]);
  });

  it("are what the parser reads of the same bytes", async () => {
    const word = fc.stringMatching(/^[\x21-\x7e\x80-\xff]{1,12}$/);
    const value = fc.oneof(
      fc.constantFrom(
        "",
        "a",
        "close",
        "keep-alive, Close",
        "100-continue",
        "3",
        "3, 3",
        "+1",
        "chunked",
        "gzip, chunked",
      ),
      word,
      fc.tuple(word, fc.constantFrom(" ", "\t", "  \t "), word).map((parts) => parts.join("")),
      fc.stringMatching(/^[ -~]{180,400}$/),
    );
    const name = fc.constantFrom(
      "",
      "x-a",
      "accept",
      "connection",
      "content-type",
      "expect",
      "transfer-encoding",
      "x".repeat(200),
    );
    const field = fc
      .tuple(name, fc.constantFrom("", " ", "\t", "   "), value, fc.constantFrom("", " ", "\t "))
      .map(([called, before, text, after]) => `${called}:${before}${text}${after}\r\n`);
    const head = fc.record({
      method: fc.constantFrom("GET", "POST", "M-SEARCH", "NONSENSE"),
      target: fc.stringMatching(/^\/[!-~]{0,20}$/),
      fields: fc.array(field, { maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(head, async ({ method, target, fields }) => {
        const bytes = `${method} ${target} HTTP/1.1\r\nHost: h\r\n${fields.join("")}\r\n`;
        // Whatever uWebSockets refuses by itself is not read at all; what it takes is read as the parser does, or refused.
        const mine = await readBytes(bytes).catch(() => null);
        // Where it breaks several rules, either may be named.
        const theirs = parse(bytes);
        if (mine !== null) expect(mine).toEqual(theirs.rule === null ? theirs : { rule: expect.any(String) });
      }),
      { numRuns: 150 },
    );
  });

  it("have their own texts however many others come in between", async () => {
    for (let round = 0; round < 200; round++) {
      // Each of them twice, so that it is remembered and others are forgotten, within one head and from one to the next.
      const fields = Array.from({ length: 80 }, (_, i) => [
        `x-${(round * 37 + i) % 3000}`,
        `v${(round * 31 + (i >> 1)) % 5000}`,
      ]);
      const bytes = `GET /${round >> 1} HTTP/1.1\r\nHost: h\r\n${fields.map((pair) => `${pair.join(": ")}\r\n`).join("")}\r\n`;
      for (const _ of [1, 2]) {
        expect(await readBytes(bytes, true)).toEqual({
          ...{ rule: null, method: "GET", target: `/${round >> 1}`, length: 0 },
          fields: ["host", "h", ...fields.flat()],
        });
      }
    }
  });

  it("tell the socket while they are open, and no longer", async () => {
    const port = new Promise<number[]>((resolve) => {
      handle = (response) => {
        const fd = native().uwsSocket(response);
        const { port } = native().peerName(fd);
        response.end();
        resolve([port, native().uwsSocket(response)]);
      };
    });
    await reconnect();
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(await port).toEqual([client.localPort, -1]);
  });

  it("no request is read once its handler has returned", async () => {
    let late: UwsRequest | null = null;
    handle = (response, request) => {
      late = request;
      response.end();
    };
    await reconnect();
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await once(client, "data");
    expect(heads.read(late!)).toBe("malformed");
  });
});

describe("what is no place to read a head into", () => {
  const good = { state: new Int32Array(205), numbers: new Float64Array(2), texts: [], methods: ["GET"], timeOrigin: 0 };
  const limits = { requestLine: 0, fields: 0, fieldSize: 0 };
  it.each([
    ["a short state", { ...good, ...limits, state: new Int32Array(204) }],
    ["a state of another type", { ...good, ...limits, state: new Uint32Array(205) }],
    ["no numbers", { ...good, ...limits, numbers: undefined }],
    ["texts that are no array", { ...good, ...limits, texts: {} }],
    ["methods that are no texts", { ...good, ...limits, methods: [1] }],
    ["no limits", good],
    ["no origin of the clock", { ...good, ...limits, timeOrigin: undefined }],
  ])("%s", (_, options) => {
    expect(() => native().uwsHeads(options as never)).toThrow();
  });
});

// --- internal ---

/** A connection that uWebSockets serves. */
async function reconnect(): Promise<void> {
  client?.destroy();
  const { socket, fd } = await connectedPair();
  client = socket.setNoDelay(true).setEncoding("latin1").setMaxListeners(0);
  app.adoptSocket(fd);
}

/** As the addon reads them; rejects if uWebSockets refuses them by itself. */
async function readBytes(bytes: string, keep = false): Promise<Read> {
  const outcome = new Promise<Read>((resolve, reject) => {
    client.once("close", () => reject(new Error("closed")));
    client.once("data", (text: unknown) => {
      if (String(text).includes("<h1>")) reject(new Error("refused by uWebSockets"));
    });
    handle = (response, request) => {
      const rule = heads.read(misled(request));
      const { method, target, headers, contentLength } = heads;
      resolve(rule === null ? { rule, method, target, fields: [...headers], length: contentLength } : { rule });
      response.onAborted(() => {});
      if (keep) response.end();
      else response.close();
    };
  });
  client.write(bytes, "latin1");
  try {
    return await outcome;
  } finally {
    if (!keep) await reconnect();
  }
}

/** As the parser reads them: but for the case of names. */
function parse(bytes: string): Read {
  const addon = native();
  const parser = new addon.HttpParser(LIMITS);
  const chunk = Buffer.from(bytes, "latin1");
  const text = parser.execute(chunk, 0, chunk.length);
  const state = addon.parserState;
  const flags = state[ParserField.FLAGS]!;
  if ((flags & HeadFlag.ERROR) !== 0) return { rule: addon.parserRules[state[ParserField.RULE]!]! };
  const pieces: string[] = [];
  for (let i = 0, start = 0; i < 2 + 2 * state[ParserField.FIELDS]!; i++) {
    const end = state[ParserField.ENDS_BASE + i]!;
    pieces.push(text!.slice(start, end));
    start = end;
  }
  const [method, target, ...fields] = pieces.map((piece, i) => (i >= 2 && i % 2 === 0 ? piece.toLowerCase() : piece));
  const chunked = (flags & HeadFlag.CHUNKED) !== 0;
  return { rule: null, method: method!, target: target!, fields, length: chunked ? -1 : 0 };
}
