/** Request: the constructor its checks, and the shape of the class. */

import { expect } from "vitest";
import { overSubjects, show } from "./subjects.ts";

const URL_TEXT = "http://example.test/path?query#fragment";

overSubjects("Request, init", ({ Request, Headers }, check) => {
  check("the defaults", () => {
    const request = new Request("http://example.test");
    const { method, url, destination, referrer, referrerPolicy, mode, credentials, cache } = request;
    const { redirect, integrity, keepalive, body, bodyUsed, duplex } = request;
    expect({
      method,
      url,
      destination,
      referrer,
      referrerPolicy,
      mode,
      credentials,
      cache,
      redirect,
      integrity,
      keepalive,
      body,
      bodyUsed,
      duplex,
    }).toEqual({
      method: "GET",
      url: "http://example.test/",
      destination: "",
      referrer: "about:client",
      referrerPolicy: "",
      mode: "cors",
      credentials: "same-origin",
      cache: "default",
      redirect: "follow",
      integrity: "",
      keepalive: false,
      body: null,
      bodyUsed: false,
      duplex: "half",
    });
    expect([request.signal.aborted, [...request.headers]]).toEqual([false, []]);
  });
  for (const [what, input] of [
    ["a string", URL_TEXT],
    ["a URL", new URL(URL_TEXT)],
    ["an object with toString()", { toString: () => URL_TEXT }],
  ] as const) {
    check(`from ${what}`, () => expect(new Request(input as string).url).toBe(URL_TEXT));
  }
  check("the URL is normalised", () => {
    expect(new Request("HTTP://EXAMPLE.test:80/a/../b c?d'e").url).toBe("http://example.test/b%20c?d%27e");
  });
  for (const input of [
    "",
    "/relative",
    "http://",
    "http://a b/",
    "http://user:password@example.test/",
    undefined,
    null,
    {},
  ]) {
    check(`${show(input)} is no URL for it`, () => expect(() => new Request(input as string)).toThrow(TypeError));
  }
  check("needs an input", () => expect(() => new (Request as unknown as new () => Request)()).toThrow(TypeError));
  for (const init of [undefined, {}, null]) {
    check(`init ${JSON.stringify(init)} means the defaults`, () =>
      expect(new Request(URL_TEXT, init as never).method).toBe("GET"),
    );
  }
  const members: Record<string, unknown[]> = {
    referrer: ["", "about:client"],
    referrerPolicy: [
      "",
      "no-referrer",
      "no-referrer-when-downgrade",
      "origin",
      "origin-when-cross-origin",
      "unsafe-url",
      "same-origin",
      "strict-origin",
      "strict-origin-when-cross-origin",
    ],
    mode: ["same-origin", "no-cors", "cors"],
    credentials: ["omit", "same-origin", "include"],
    cache: ["default", "no-store", "reload", "no-cache", "force-cache"],
    redirect: ["follow", "error", "manual"],
    integrity: ["", "sha256-abc"],
    keepalive: [true, false],
    method: ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CUSTOM", "chicken"],
    duplex: ["half"],
  };
  for (const [member, values] of Object.entries(members)) {
    for (const value of values) {
      check(`${member}: ${show(value)}`, () => {
        const request = new Request("http://example.test/", { [member]: value }) as unknown as Record<string, unknown>;
        expect(request[member]).toBe(value);
      });
    }
  }
  for (const [given, expected] of [
    ["get", "GET"],
    ["Post", "POST"],
    ["delete", "DELETE"],
    ["oPtIoNs", "OPTIONS"],
    ["head", "HEAD"],
    ["put", "PUT"],
  ]) {
    check(`method ${given} is ${expected}`, () =>
      expect(new Request(URL_TEXT, { method: given! }).method).toBe(expected),
    );
  }
  const bad: Record<string, unknown[]> = {
    method: ["", "IN VALID", "CONNECT", "TRACE", "TRACK", "connect", "a\n", "é"],
    mode: ["navigate", "BAD", "websocket"],
    credentials: ["BAD", ""],
    cache: ["BAD", "only-if-cached"],
    redirect: ["BAD"],
    referrerPolicy: ["BAD"],
    duplex: ["full", "BAD"],
    window: ["http://test.url"],
    headers: [null, 1, { "a b": "c" }, [["a"]]],
    signal: [{}, "signal", 1],
  };
  for (const [member, values] of Object.entries(bad)) {
    for (const value of values) {
      check(`${member}: ${JSON.stringify(value)} is refused`, () => {
        expect(() => new Request("http://example.test/", { [member]: value } as never)).toThrow(TypeError);
      });
    }
  }
  check("only-if-cached needs same-origin", () => {
    expect(new Request(URL_TEXT, { cache: "only-if-cached", mode: "same-origin" }).cache).toBe("only-if-cached");
  });
  for (const port of [1, 22, 25, 6000, 6667]) {
    check(`port ${port} may be named: only fetch() refuses it`, () => {
      expect(new Request(`http://example.test:${port}/`).url).toBe(`http://example.test:${port}/`);
    });
  }
  check("headers from a record, pairs and Headers", () => {
    for (const headers of [
      { a: "1", B: "2" },
      [
        ["a", "1"],
        ["B", "2"],
      ],
      new Headers({ a: "1", B: "2" }),
    ]) {
      const request = new Request(URL_TEXT, { headers: headers as never });
      expect([...request.headers]).toEqual([
        ["a", "1"],
        ["b", "2"],
      ]);
      expect(request.headers).toBe(request.headers);
    }
  });
  check("headers that browsers forbid are fine on a server", () => {
    const request = new Request(URL_TEXT, {
      headers: { host: "other.test", cookie: "a=b", connection: "close", "content-length": "3" },
    });
    expect([request.headers.get("host"), request.headers.get("cookie")]).toEqual(["other.test", "a=b"]);
  });
});

overSubjects("Request, structure", ({ Request }, check) => {
  check("the string tag", () => expect(Object.prototype.toString.call(new Request(URL_TEXT))).toBe("[object Request]"));
  check("the class is called Request", () =>
    expect([Request.name, new Request(URL_TEXT).constructor.name, Request.length]).toEqual(["Request", "Request", 1]),
  );
  const names = [
    "method",
    "url",
    "headers",
    "destination",
    "referrer",
    "referrerPolicy",
    "mode",
    "credentials",
    "cache",
    "redirect",
    "integrity",
    "keepalive",
    "isReloadNavigation",
    "isHistoryNavigation",
    "signal",
    "duplex",
    "body",
    "bodyUsed",
  ];
  for (const name of names) {
    check(`${name} is read-only, enumerable, and refuses another this`, () => {
      const descriptor = Object.getOwnPropertyDescriptor(Request.prototype, name)!;
      expect([typeof descriptor.get, descriptor.set, descriptor.enumerable, descriptor.configurable]).toEqual([
        "function",
        undefined,
        true,
        true,
      ]);
      expect(() => descriptor.get!.call({})).toThrow(TypeError);
      const request = new Request(URL_TEXT) as unknown as Record<string, unknown>;
      expect(() => {
        request[name] = "x";
      }).toThrow(TypeError);
    });
  }
  check("can be subclassed", () => {
    class Mine extends Request {
      get path() {
        return new URL(this.url).pathname;
      }
    }
    const mine = new Mine(URL_TEXT);
    expect([mine.path, mine instanceof Mine, mine instanceof Request, new Request(URL_TEXT) instanceof Mine]).toEqual([
      "/path",
      true,
      true,
      false,
    ]);
  });
});
