import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../../src/base/errors.ts";
import type { HeaderList } from "../../../src/http/exchange.ts";
import { ResponseHead, UNKNOWN_LENGTH } from "../../../src/http/response-head.ts";

interface Case {
  status?: number;
  reason?: string;
  headers?: HeaderList;
  bodyLength?: number;
  isHead?: boolean;
  httpMinor?: number;
  keep?: boolean;
}

function build(options: Case = {}): { head: ResponseHead; lines: string[] } {
  const {
    status = 200,
    reason = "",
    headers = [],
    bodyLength = 5,
    isHead = false,
    httpMinor = 1,
    keep = true,
  } = options;
  const head = new ResponseHead("junicorn", 2);
  head.build(status, reason, headers, bodyLength, isHead, httpMinor, keep);
  expect(head.text.endsWith("\r\n\r\n")).toBe(true);
  return { head, lines: head.text.slice(0, -4).split("\r\n") };
}

function codeOf(options: Case): ErrorCode | undefined {
  try {
    build(options);
  } catch (error) {
    return (error as { code: ErrorCode }).code;
  }
  return undefined;
}

describe("framing", () => {
  test("a complete body gets its Content-Length", () => {
    const { head, lines } = build();
    expect(lines[0]).toBe("HTTP/1.1 200 OK");
    expect(lines).toContain("Content-Length: 5");
    expect(lines).toContain("Connection: keep-alive");
    expect(lines).toContain("Keep-Alive: timeout=2");
    expect(lines).toContain("Server: junicorn");
    expect(head.close).toBe(false);
  });

  test("an unknown length is chunked for HTTP/1.1 and ends with the connection for HTTP/1.0", () => {
    const chunked = build({ bodyLength: UNKNOWN_LENGTH });
    expect(chunked.lines).toContain("Transfer-Encoding: chunked");
    expect(chunked.head.chunked).toBe(true);
    const old = build({ bodyLength: UNKNOWN_LENGTH, httpMinor: 0 });
    expect(old.head.text).not.toContain("Transfer-Encoding");
    expect(old.head.close).toBe(true);
    expect(old.lines).toContain("Connection: close");
  });

  test.each([
    [204, false],
    [304, true],
  ])("status %i has no body; its own Content-Length stays: %s", (status, stays) => {
    const { head } = build({ status, headers: ["Content-Length", "7"], bodyLength: 0 });
    expect(head.bodiless).toBe(true);
    expect(head.text.includes("Content-Length: 7")).toBe(stays);
    expect(head.text).not.toContain("Transfer-Encoding");
  });

  test("HEAD says the length of the body it does not carry", () => {
    const { head, lines } = build({ isHead: true, bodyLength: 12 });
    expect(lines).toContain("Content-Length: 12");
    expect(head.bodiless).toBe(true);
    expect(build({ isHead: true, bodyLength: 0, headers: ["Content-Length", "99"] }).lines).toContain(
      "Content-Length: 99",
    );
  });

  test("HEAD says no length where the application gave neither one nor a body: a GET may bring any", () => {
    const { lines } = build({ isHead: true, bodyLength: 0 });
    expect(lines.filter((line) => /^(content-length|transfer-encoding):/i.test(line))).toEqual([]);
    expect(lines).toContain("Connection: keep-alive");
  });

  test("a Transfer-Encoding of the application is not doubled", () => {
    const { head } = build({ bodyLength: UNKNOWN_LENGTH, headers: ["Transfer-Encoding", "chunked"] });
    expect(head.text.match(/transfer-encoding/gi)).toHaveLength(1);
  });
});

describe("fields of the application", () => {
  test("Date and Server replace ours", () => {
    const { head } = build({ headers: ["date", "Thu, 01 Jan 1970 00:00:00 GMT", "server", "mine"] });
    expect(head.text.match(/date:/gi)).toHaveLength(1);
    expect(head.text).toContain("server: mine");
    expect(head.text).not.toContain("junicorn");
  });

  test("Connection: close closes, and other options are kept beside it", () => {
    const { head, lines } = build({ headers: ["Connection", "close, Upgrade", "Upgrade", "h2c"] });
    expect(head.close).toBe(true);
    expect(lines).toContain("Connection: close, Upgrade");
    expect(lines).toContain("Upgrade: h2c");
  });

  test("repeated fields stay repeated and in order", () => {
    const { lines } = build({ headers: ["Set-Cookie", "a=1", "Set-Cookie", "b=2"] });
    expect(lines.filter((line) => line.startsWith("Set-Cookie"))).toEqual(["Set-Cookie: a=1", "Set-Cookie: b=2"]);
  });

  test.each<[string, Case, ErrorCode]>([
    ["CR LF in a value", { headers: ["X", "a\r\nSet-Cookie: b"] }, "ERR_RESPONSE_HEADER"],
    ["NUL in a value", { headers: ["X", "a\0"] }, "ERR_RESPONSE_HEADER"],
    ["a value beyond latin-1", { headers: ["X", "snow ☃"] }, "ERR_RESPONSE_HEADER"],
    ["a space in a name", { headers: ["X Y", "a"] }, "ERR_RESPONSE_HEADER"],
    ["an empty name", { headers: ["", "a"] }, "ERR_RESPONSE_HEADER"],
    ["CR LF in the reason", { reason: "OK\r\nX: y" }, "ERR_RESPONSE_HEADER"],
    ["two different lengths", { headers: ["Content-Length", "5", "Content-Length", "6"] }, "ERR_RESPONSE_HEADER"],
    ["a length that is no number", { headers: ["Content-Length", "+5"] }, "ERR_RESPONSE_HEADER"],
    ["a length that is not the body's", { headers: ["Content-Length", "4"] }, "ERR_RESPONSE_LENGTH"],
    ["a status below 100", { status: 99 }, "ERR_RESPONSE_STATUS"],
    ["an interim status", { status: 103 }, "ERR_RESPONSE_STATUS"],
    ["a status that is no integer", { status: 200.5 }, "ERR_RESPONSE_STATUS"],
  ])("%s is an error", (_name, options, code) => {
    expect(codeOf(options)).toBe(code);
  });

  test("whatever the application gives, a head is refused or has exactly its own lines", () => {
    const text = fc.string({ unit: "binary", maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 4 }), (pairs) => {
        const head = new ResponseHead("junicorn", 2);
        try {
          head.build(200, "", pairs.flat(), 0, false, 1, true);
        } catch {
          return;
        }
        const lines = head.text.split("\r\n");
        expect(lines.slice(-2)).toEqual(["", ""]);
        expect(head.text.replaceAll("\r\n", "")).not.toMatch(/[\r\n\0]/);
        expect(lines.length).toBeLessThanOrEqual(pairs.length + 8);
      }),
    );
  });
});

test("the Date is now", () => {
  const { lines } = build();
  const date = Date.parse(lines.find((line) => line.startsWith("Date: "))!.slice(6));
  expect(Math.abs(Date.now() - date)).toBeLessThan(5000);
});

test("interim answers carry no framing", () => {
  expect(new ResponseHead("junicorn", 2).interim(103, ["Link", "</a.css>; rel=preload"])).toBe(
    "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
  );
  expect(() => new ResponseHead("", 2).interim(103, ["Content-Length", "5"])).toThrow(/Content-Length/);
});

test("what is remembered of answers before makes no difference", () => {
  const field = fc.constantFrom(
    ["Content-Type", "text/plain"],
    ["Content-Type", "text/é"],
    ["Content-Length", "5"],
    ["Content-Length", "7"],
    ["Content-Length", "x"],
    ["content-length", "5"],
    ["Date", "today"],
    ["Server", "mine"],
    ["Connection", "close"],
    ["Connection", "upgrade"],
    ["X", "a\nb"],
  );
  const lists = fc.array(fc.array(field, { maxLength: 3 }), { minLength: 20, maxLength: 20 });
  const outcome = (head: ResponseHead, headers: HeaderList): unknown => {
    try {
      head.build(200, "", headers, UNKNOWN_LENGTH, false, 1, true);
      const { length, close, chunked, block } = head;
      const text = head.text.replace(/Date: .* GMT/, "Date: now");
      const under = ["200 OK", "404 Not Found", "404 Not Found", "200 OK"].map((status) => {
        const lead = block.under(status, "s");
        return typeof lead === "string" ? lead : Buffer.from(lead).toString("latin1");
      });
      return { text, length, close, chunked, under, ascii: block.ascii };
    } catch (error) {
      return String(error);
    }
  };
  fc.assert(
    fc.property(lists, (given) => {
      const used = new ResponseHead("junicorn", 2);
      const headers: HeaderList = []; // as an application may, it changes a list that it has used
      const outcomes = given.map((fields) => {
        headers.splice(0, Infinity, ...fields.flat());
        return [outcome(used, headers), outcome(new ResponseHead("junicorn", 2), headers)];
      });
      // Once for all: a comparison by vitest takes longer than all heads, and a busy machine has made the test too slow.
      expect(outcomes.map(([first]) => first)).toEqual(outcomes.map(([, second]) => second));
    }),
  );
});
