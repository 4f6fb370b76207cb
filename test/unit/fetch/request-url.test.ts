/** The URL of an incoming request. */

import { describe, expect, test } from "vitest";
import { requestUrl } from "../../../src/adapters/fetch/classes/request-url.ts";
import type { Peer } from "../../../src/http/exchange.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

const url = (target: string, host: string | null = "example.test", peer: Partial<Peer> = {}, method = "GET") =>
  requestUrl(new RecordingExchange({ target, method, peer, headers: host === null ? [] : ["Host", host] }));

describe("url", () => {
  const plain: [string, string, string][] = [
    ["/", "example.test", "http://example.test/"],
    ["/a/b?c=d&e", "example.test:8000", "http://example.test:8000/a/b?c=d&e"],
    ["/", "127.0.0.1:65535", "http://127.0.0.1:65535/"],
    ["/", "localhost:3000", "http://localhost:3000/"],
    ["/~a/@b/c;d=e,f(g)*!$&'", "a-b_c.test", "http://a-b_c.test/~a/@b/c;d=e,f(g)*!$&'"],
    ["/%41%2f%20", "example.test", "http://example.test/%41%2f%20"],
    ["//other.test/path", "example.test", "http://example.test//other.test/path"],
    ["/?url=http://x/?y", "example.test", "http://example.test/?url=http://x/?y"],
  ];
  test.each(plain)("%s at %s", (target, host, expected) => {
    expect(url(target, host)).toBe(expected);
    expect(new URL(expected).href).toBe(expected);
  });
  test.each([
    ["/a/../b", "example.test", "http://example.test/b"],
    ["/a/./b", "example.test", "http://example.test/a/b"],
    ["/..", "example.test", "http://example.test/"],
    ["/%2e%2E/a", "example.test", "http://example.test/a"],
    ["/a/.%2e", "example.test", "http://example.test/"],
    ['/"<>`{}|^\\a', "example.test", new URL('http://example.test/"<>`{}|^\\a').href],
    ["/?'\"<>", "example.test", "http://example.test/?%27%22%3C%3E"],
    ["/é", "example.test", "http://example.test/%C3%A9"],
    ["/", "EXAMPLE.Test", "http://example.test/"],
    ["/", "example.test:80", "http://example.test/"],
    ["/", "example.test:", "http://example.test/"],
    ["/", "example.test:08000", "http://example.test:8000/"],
    ["/", "[::1]:8000", "http://[::1]:8000/"],
    ["/", "[0:0:0:0:0:0:0:1]", "http://[::1]/"],
    ["/", "0x7f.1", "http://127.0.0.1/"],
    ["/", "1.2", "http://1.0.0.2/"],
    ["/", "2130706433", "http://127.0.0.1/"],
    ["/", "ex%61mple.test", "http://example.test/"],
    ["/", "example.test.", "http://example.test./"],
  ])("%s at %s is normalised", (target, host, expected) => expect(url(target, host)).toBe(expected));
  test.each([
    "",
    "a b",
    "example.test:99999",
    "a@b",
    "user:pw@b",
    "a/b",
    "a?b",
    "a#b",
    "a\\b",
    "[::1",
    "1.2.3.4.5",
    "256.1.1.1",
    "a%",
    "a:b:c",
    "<script>",
  ])("a Host of %j gives way to the local address", (host) => {
    expect(url("/a?b", host)).toBe("http://127.0.0.1:8000/a?b");
  });
  test("without Host", () => {
    expect(url("/a", null)).toBe("http://127.0.0.1:8000/a");
    expect(url("/a", null, { localAddress: "::1", localPort: 80 })).toBe("http://[::1]/a");
    expect(url("/a", null, { localAddress: "", unixPath: "/run/a.sock" })).toBe("http://localhost/a");
  });
  test("over TLS", () => {
    expect(url("/a", "example.test", { encrypted: true })).toBe("https://example.test/a");
    expect(url("/a", "example.test:443", { encrypted: true })).toBe("https://example.test/a");
    expect(url("/a", "example.test:80", { encrypted: true })).toBe("https://example.test:80/a");
  });
  test("absolute-form decides over Host", () => {
    expect(url("http://other.test:81/a?b", "example.test")).toBe("http://other.test:81/a?b");
    expect(url("HTTPS://OTHER.test", "example.test")).toBe("https://other.test/");
    expect(url("http://user:pw@other.test/", "example.test")).toBe("http://other.test/");
    expect(url("http://", "example.test")).toBe("http://example.test/");
  });
  test("the other forms name the server as a whole", () => {
    expect(url("*", "example.test", {}, "OPTIONS")).toBe("http://example.test/");
    expect(url("other.test:443", "example.test", {}, "CONNECT")).toBe("http://other.test:443/");
  });
});
