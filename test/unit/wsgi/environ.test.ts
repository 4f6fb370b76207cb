/** environ: CGI variables, percent-decoding, header names, and the header map. */

import { describe, expect, test } from "vitest";
import type { WsgiEnviron } from "../../../src/adapters/wsgi/types.ts";
import { serve, type ServeOptions } from "./support.ts";

async function environOf(options: ServeOptions): Promise<WsgiEnviron> {
  let seen: WsgiEnviron | undefined;
  const { failures } = await serve((environ, start) => {
    seen = environ;
    start("200 OK", []);
    return [];
  }, options);
  if (seen === undefined) throw failures.errors[0];
  return seen;
}

describe("the request", () => {
  const cases: { name: string; options: ServeOptions; expected: Record<string, unknown> }[] = [
    {
      name: "a plain request",
      options: {
        method: "POST",
        target: "/a/b?x=1&y",
        body: [Buffer.from("abc")],
        headers: ["Host", "h", "Content-Type", "text/x", "Content-Length", "3"],
      },
      expected: {
        REQUEST_METHOD: "POST",
        SCRIPT_NAME: "",
        PATH_INFO: "/a/b",
        QUERY_STRING: "x=1&y",
        RAW_URI: "/a/b?x=1&y",
        CONTENT_TYPE: "text/x",
        CONTENT_LENGTH: "3",
        SERVER_NAME: "127.0.0.1",
        SERVER_PORT: "8000",
        SERVER_PROTOCOL: "HTTP/1.1",
        SERVER_SOFTWARE: "junicorn",
        REMOTE_ADDR: "192.0.2.1",
        REMOTE_PORT: "50000",
        HTTP_HOST: "h",
        HTTP_CONTENT_TYPE: undefined,
        HTTP_CONTENT_LENGTH: undefined,
        "wsgi.url_scheme": "http",
        "wsgi.multithread": false,
        "wsgi.multiprocess": true,
        "wsgi.run_once": false,
        "wsgi.input_terminated": true,
      },
    },
    { name: "HTTP/1.0", options: { httpMinor: 0 }, expected: { SERVER_PROTOCOL: "HTTP/1.0" } },
    {
      name: "an encrypted connection",
      options: { peer: { encrypted: true } },
      expected: { "wsgi.url_scheme": "https" },
    },
    { name: "no query", options: { target: "/a" }, expected: { QUERY_STRING: "" } },
    {
      name: "a query with question marks",
      options: { target: "/a?b?c" },
      expected: { PATH_INFO: "/a", QUERY_STRING: "b?c" },
    },
    {
      name: "percent escapes as latin-1 bytes",
      options: { target: "/%C3%A9%2Fx%20?%41" },
      expected: { PATH_INFO: "/\u00c3\u00a9/x ", QUERY_STRING: "%41" },
    },
    { name: "what is no escape", options: { target: "/100%/%zz/%2" }, expected: { PATH_INFO: "/100%/%zz/%2" } },
    { name: "two leading slashes", options: { target: "//evil/x" }, expected: { PATH_INFO: "//evil/x" } },
    {
      name: "the absolute form",
      options: { target: "http://h:1/p/q?r" },
      expected: { PATH_INFO: "/p/q", QUERY_STRING: "r", RAW_URI: "http://h:1/p/q?r" },
    },
    {
      name: "the absolute form without path",
      options: { target: "http://h?r" },
      expected: { PATH_INFO: "", QUERY_STRING: "r" },
    },
    { name: "the asterisk form", options: { method: "OPTIONS", target: "*" }, expected: { PATH_INFO: "*" } },
    { name: "the authority form", options: { method: "CONNECT", target: "h:443" }, expected: { PATH_INFO: "" } },
    {
      name: "repeated fields",
      options: { headers: ["Accept", "a", "X-B", "1", "accept", "b"] },
      expected: { HTTP_ACCEPT: "a,b", HTTP_X_B: "1" },
    },
    {
      name: "a field that is named like a property of every object",
      options: { headers: ["__proto__", "a", "Constructor", "b"] },
      expected: { HTTP_CONSTRUCTOR: "b" },
    },
    {
      name: "a unix socket, with Host",
      options: {
        headers: ["Host", "h.test:81"],
        peer: { remoteAddress: "", remotePort: 0, localAddress: "", localPort: 0, unixPath: "/s" },
      },
      expected: { REMOTE_ADDR: "", REMOTE_PORT: undefined, SERVER_NAME: "h.test", SERVER_PORT: "81" },
    },
    {
      name: "a unix socket, an IPv6 Host without port",
      options: { headers: ["Host", "[::1]"], peer: { remoteAddress: "", localAddress: "", encrypted: true } },
      expected: { SERVER_NAME: "[::1]", SERVER_PORT: "443" },
    },
    {
      name: "a unix socket without Host",
      options: { headers: [], peer: { remoteAddress: "", localAddress: "" } },
      expected: { SERVER_NAME: "localhost", SERVER_PORT: "80" },
    },
  ];
  test.each(cases)("$name", async ({ options, expected }) => {
    const environ = await environOf(options);
    for (const [name, value] of Object.entries(expected)) expect(environ[name], name).toEqual(value);
  });

  test("version and a plain object, so that middleware can copy it", async () => {
    const environ = await environOf({});
    expect(environ["wsgi.version"]).toEqual([1, 0]);
    expect({ ...environ }["junicorn.signal"]).toBeInstanceOf(AbortSignal);
    expect(Object.getPrototypeOf(environ)).toBe(Object.prototype);
  });
});

describe("names with underscores", () => {
  const headers = ["X_Foo", "1", "X-Foo", "2"];
  test("are dropped by default", async () => {
    expect(await environOf({ headers })).toMatchObject({ HTTP_X_FOO: "2" });
  });
  test("pass with dangerous, like the name with a hyphen", async () => {
    expect(await environOf({ headers, headerMap: "dangerous" })).toMatchObject({ HTTP_X_FOO: "1,2" });
  });
  test("cannot set CONTENT_LENGTH", async () => {
    const environ = await environOf({ headers: ["Content_Length", "9"], headerMap: "dangerous" });
    expect(environ["CONTENT_LENGTH"]).toBeUndefined();
    expect(environ["HTTP_CONTENT_LENGTH"]).toBe("9");
  });
  test("refuse the request, each time", async () => {
    for (let i = 0; i < 2; i++) {
      const { failures } = await serve(() => [], { headers, headerMap: "refuse" });
      expect(failures.errors).toMatchObject([{ code: "ERR_REQUEST_HEADER", row: { status: 400 } }]);
    }
  });
});

describe("SCRIPT_NAME", () => {
  const mounted = (target: string, headerMap: "dangerous" | "drop" = "dangerous"): ServeOptions => ({
    target,
    headerMap,
    headers: ["SCRIPT_NAME", "/app"],
  });
  test("is split off the path", async () => {
    expect(await environOf(mounted("/app/x%20y"))).toMatchObject({ SCRIPT_NAME: "/app", PATH_INFO: "/x y" });
  });
  test("may be all of the path", async () => {
    expect(await environOf(mounted("/app"))).toMatchObject({ SCRIPT_NAME: "/app", PATH_INFO: "" });
  });
  test("must begin the path", async () => {
    const { failures } = await serve(() => [], mounted("/other"));
    expect(failures.errors).toMatchObject([{ code: "ERR_SCRIPT_NAME", row: { status: 500 } }]);
  });
  test("is not believed by default", async () => {
    expect(await environOf(mounted("/other", "drop"))).toMatchObject({ SCRIPT_NAME: "", PATH_INFO: "/other" });
  });
});
