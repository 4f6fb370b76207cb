/** The corpus is data: here it is held to its own format, and to the table of rules. */

import { describe, expect, it } from "vitest";
import { RULES } from "../../../src/http/rules.ts";
import { invalidCases, unescapeRequest, validCases } from "../../support/request-corpus.ts";

describe("the text format", () => {
  it("knows its escapes and ignores the file's line feeds", () => {
    expect(unescapeRequest("GET /\\x00\\\\\\t\\r\\n\nA\n").toString("latin1")).toBe("GET /\0\\\t\r\nA");
  });

  it.each([["\\q"], ["\\"], ["\\xZZ"], ["caf\u00e9"], ["\t"]])("refuses %j", (text) => {
    expect(() => unescapeRequest(text)).toThrow();
  });
});

describe("the corpus", () => {
  it("is as large as it should be", () => {
    expect(validCases().length).toBeGreaterThanOrEqual(60);
    expect(invalidCases().length).toBeGreaterThanOrEqual(120);
  });

  it.each(invalidCases())("invalid/$name names a rule and its status", ({ rule, status, about }) => {
    expect(RULES).toHaveProperty([rule]);
    expect(status).toBe(RULES[rule as keyof typeof RULES].status);
    expect(about).not.toBe("");
  });

  it("tries every rule of the parser's", () => {
    // The engines' own, which no request alone can break.
    const others = [
      "bad-proxy-header",
      "body-too-large",
      "proxy-not-allowed",
      "header-timeout",
      "underscore-in-field-name",
      "malformed",
      "data-after-close",
      "head-too-long",
      "header-list-too-large",
      "bad-request-line",
      "host-contradiction",
      "plain-on-tls",
    ];
    const tried = new Set(invalidCases().map(({ rule }) => rule));
    expect(
      Object.keys(RULES).filter((rule) => !tried.has(rule) && !others.includes(rule) && !rule.startsWith("http2-")),
    ).toEqual([]);
  });

  it.each(validCases())("valid/$name begins with what it expects", ({ bytes, requests }) => {
    const first = requests[0];
    expect(
      bytes
        .toString("latin1")
        .trimStart()
        .startsWith(`${first?.method} ${first?.target} HTTP/1.${first?.httpMinor}\r\n`),
    ).toBe(true);
  });
});
