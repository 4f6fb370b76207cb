/** Response: the constructor, its checks, and the shape of the class. */

import { expect } from "vitest";
import { overSubjects, readAll, show, streamOf } from "./subjects.ts";

overSubjects("Response, init", ({ Response, Headers }, check) => {
  check("the defaults", () => {
    const response = new Response();
    const { type, url, ok, status, statusText, redirected, body, bodyUsed } = response;
    expect({ type, url, ok, status, statusText, redirected, body, bodyUsed }).toEqual({
      type: "default",
      url: "",
      ok: true,
      status: 200,
      statusText: "",
      redirected: false,
      body: null,
      bodyUsed: false,
    });
    expect([...response.headers]).toEqual([]);
  });
  for (const init of [undefined, {}, { status: undefined, statusText: undefined, headers: undefined }]) {
    check(`init ${JSON.stringify(init)} means the defaults`, () => {
      const response = new Response(null, init as never);
      expect([response.status, response.statusText, response.type]).toEqual([200, "", "default"]);
    });
  }
  check("init null means the defaults", () => expect(new Response(null, null as never).status).toBe(200));
  for (const bad of [1, "s", true])
    check(`init ${show(bad)} is refused`, () => expect(() => new Response("", bad as never)).toThrow(TypeError));
  check("members of init", () => {
    const response = new Response("", {
      status: 203,
      statusText: "WebKit",
      headers: new Headers({ "Content-Type": "potato" }),
    });
    expect([response.status, response.statusText, response.ok, response.headers.get("content-type")]).toEqual([
      203,
      "WebKit",
      true,
      "potato",
    ]);
  });
  check("init may be an instance of a class with getters", () => {
    class Init {
      get status() {
        return 201;
      }
      get statusText() {
        return "made";
      }
      get headers() {
        return { a: "1" };
      }
    }
    const response = new Response("x", new Init());
    expect([response.status, response.statusText, response.headers.get("a")]).toEqual([201, "made", "1"]);
  });
  check("another Response as init", () => {
    const first = new Response("a", {
      status: 404,
      statusText: "Gone fishing",
      headers: [
        ["x", "1"],
        ["set-cookie", "a=b"],
        ["set-cookie", "c=d"],
      ],
    });
    const second = new Response("b", first);
    expect([second.status, second.statusText, second.headers.get("x"), second.headers.getSetCookie()]).toEqual([
      404,
      "Gone fishing",
      "1",
      ["a=b", "c=d"],
    ]);
    second.headers.set("x", "2");
    expect(first.headers.get("x")).toBe("1");
  });
  check("changing the given headers afterwards changes nothing", () => {
    const record: Record<string, string> = { a: "1" };
    const given = new Headers({ a: "1" });
    const [first, second] = [new Response("", { headers: record }), new Response("", { headers: given })];
    record["a"] = "2";
    given.set("a", "2");
    expect([first.headers.get("a"), second.headers.get("a")]).toEqual(["1", "1"]);
  });
  check("headers is the same object each time, and can be changed", () => {
    const response = new Response("x");
    expect(response.headers).toBe(response.headers);
    response.headers.set("a", "1");
    response.headers.delete("content-type");
    expect([...response.headers]).toEqual([["a", "1"]]);
  });
  const statuses: [unknown, number][] = [
    [200, 200],
    [599, 599],
    [299.9, 299],
    ["404", 404],
    [" 404 ", 404],
    [65_736, 200],
    [new Number(201), 201],
    [[418], 418],
  ];
  for (const [given, expected] of statuses) {
    check(`status ${show(given)} is ${expected}`, () =>
      expect(new Response(null, { status: given as number }).status).toBe(expected),
    );
  }
  for (const status of [0, 100, 101, 199, 600, 1000, -1, NaN, Infinity, null, "", "abc", {}, false]) {
    check(`status ${show(status)} is out of range`, () =>
      expect(() => new Response("", { status: status as number })).toThrow(RangeError),
    );
  }
  check("a negative status wraps around", () => expect(new Response(null, { status: -65_336 }).status).toBe(200), {
    nodeDeviates: "it refuses it",
  });
  check("a status that is a symbol is refused", () => {
    expect(() => new Response("", { status: Symbol("s") as never })).toThrow(TypeError);
  });
  check("a symbol among the fields is refused", () => {
    const headers = { "x-none-has-had-this": "1", [Symbol("s")]: "2" } as never;
    for (const _again of [1, 2]) expect(() => new Response("", { headers })).toThrow(TypeError);
    expect(() => new Response("", { headers: { [Symbol("s")]: "2" } as never })).toThrow(TypeError);
  });
  check(
    "a status that is a BigInt is refused",
    () => expect(() => new Response("", { status: 200n as never })).toThrow(TypeError),
    {
      nodeDeviates: "it converts it",
    },
  );
  for (const [status, ok] of [
    [200, true],
    [201, true],
    [299, true],
    [300, false],
    [304, false],
    [400, false],
    [599, false],
  ] as const) {
    check(`ok of ${status}`, () => expect(new Response(null, { status }).ok).toBe(ok));
  }
  for (const [given, expected] of [
    ["", ""],
    ["Not Found", "Not Found"],
    ["\t a\xff", "\t a\xff"],
    [1, "1"],
    [null, "null"],
  ] as const) {
    check(`statusText ${show(given)}`, () =>
      expect(new Response("", { statusText: given as string }).statusText).toBe(expected),
    );
  }
  for (const text of ["\n", "a\r\nb", "\0", "Ā", "\x7f", "\u{1f600}"]) {
    check(`statusText ${show(text)} is refused`, () =>
      expect(() => new Response("", { statusText: text })).toThrow(TypeError),
    );
  }
  for (const headers of [null, 1, "a: b", [["a"]], { "a b": "c" }, { a: "b\0" }]) {
    check(`headers ${JSON.stringify(headers)} are refused`, () =>
      expect(() => new Response("", { headers: headers as never })).toThrow(TypeError),
    );
  }
  for (const status of [204, 205, 304]) {
    check(`${status} with a body is refused`, () => {
      for (const body of ["a", "", new Uint8Array(0), streamOf()])
        expect(() => new Response(body as never, { status })).toThrow(TypeError);
    });
    check(`${status} without a body`, () => {
      for (const body of [null, undefined]) expect(new Response(body as never, { status }).body).toBeNull();
    });
  }
});

overSubjects("Response, content type", ({ Response }, check) => {
  const form = new FormData();
  form.append("a", "1");
  const types: [string, () => unknown, string | null | RegExp][] = [
    ["a string", () => "text", "text/plain;charset=UTF-8"],
    ["an empty string", () => "", "text/plain;charset=UTF-8"],
    ["a number", () => 1, "text/plain;charset=UTF-8"],
    ["an object", () => ({}), "text/plain;charset=UTF-8"],
    ["URLSearchParams", () => new URLSearchParams("a=b"), "application/x-www-form-urlencoded;charset=UTF-8"],
    ["FormData", () => form, /^multipart\/form-data; boundary=.+/],
    ["a Blob with a type", () => new Blob(["a"], { type: "text/html" }), "text/html"],
    ["a Blob without", () => new Blob(["a"]), null],
    ["a File", () => new File(["a"], "a.css", { type: "text/css" }), "text/css"],
    ["bytes", () => new Uint8Array(1), null],
    ["an ArrayBuffer", () => new ArrayBuffer(1), null],
    ["a DataView", () => new DataView(new ArrayBuffer(1)), null],
    ["a stream", () => streamOf("a"), null],
    ["nothing", () => null, null],
  ];
  for (const [what, make, expected] of types) {
    check(`of ${what}`, () => {
      const type = new Response(make() as never).headers.get("content-type");
      if (expected instanceof RegExp) expect(type).toMatch(expected);
      else expect(type).toBe(expected);
    });
    check(`of ${what}, overridden`, () => {
      expect(
        new Response(make() as never, { headers: { "Content-Type": "test/ok" } }).headers.get("content-type"),
      ).toBe("test/ok");
      expect(new Response(make() as never, { headers: [["CONTENT-TYPE", ""]] }).headers.get("content-type")).toBe("");
    });
  }
});

overSubjects("Response, structure", ({ Response }, check) => {
  check("the string tag", () => expect(Object.prototype.toString.call(new Response())).toBe("[object Response]"));
  check("the class is called Response", () =>
    expect([Response.name, new Response().constructor.name, Response.length]).toEqual(["Response", "Response", 0]),
  );
  for (const name of ["type", "url", "status", "ok", "statusText", "headers", "redirected", "body", "bodyUsed"]) {
    check(`${name} is read-only, enumerable, and refuses another this`, () => {
      const descriptor = Object.getOwnPropertyDescriptor(Response.prototype, name)!;
      expect([typeof descriptor.get, descriptor.set, descriptor.enumerable, descriptor.configurable]).toEqual([
        "function",
        undefined,
        true,
        true,
      ]);
      expect(() => descriptor.get!.call({})).toThrow(TypeError);
      const response = new Response("a") as unknown as Record<string, unknown>;
      expect(() => {
        response[name] = "x";
      }).toThrow(TypeError);
    });
  }
  check("the arguments stay unread", async () => {
    const stream = streamOf("a", "b");
    const response = new Response(stream);
    expect(stream.locked).toBe(false);
    expect(response.body).toBe(stream);
    expect(await readAll(stream)).toBe("ab");
    expect(response.bodyUsed).toBe(true);
  });
  check("can be subclassed", async () => {
    class Mine extends Response {
      constructor(text: string) {
        super(`<${text}>`, { status: 201 });
      }
      get shout() {
        return this.statusText.toUpperCase();
      }
    }
    const mine = new Mine("a");
    expect([mine instanceof Mine, mine instanceof Response, mine.status, await mine.text(), mine.shout]).toEqual([
      true,
      true,
      201,
      "<a>",
      "",
    ]);
    expect(new Response() instanceof Mine).toBe(false);
  });
});
