/** Response: error(), redirect() and json(). */

import { expect } from "vitest";
import { overSubjects, show } from "./subjects.ts";

overSubjects("Response, static", ({ Response }, check) => {
  check("error()", () => {
    const response = Response.error();
    const { type, status, ok, statusText, url, body, bodyUsed } = response;
    expect({ type, status, ok, statusText, url, body, bodyUsed }).toEqual({
      type: "error",
      status: 0,
      ok: false,
      statusText: "",
      url: "",
      body: null,
      bodyUsed: false,
    });
    expect(() => response.headers.append("name", "value")).toThrow(TypeError);
    expect(response.clone().type).toBe("error");
  });
  check("redirect() without a status is 302", () => {
    const response = Response.redirect("https://example.test/a b");
    expect([
      response.status,
      response.headers.get("location"),
      response.type,
      response.redirected,
      response.ok,
    ]).toEqual([302, "https://example.test/a%20b", "default", false, false]);
    expect(() => response.headers.set("a", "b")).toThrow(TypeError);
    expect(() => response.headers.delete("location")).toThrow(TypeError);
    expect(response.headers.get("location")).toBe("https://example.test/a%20b");
  });
  for (const status of [301, 302, 303, 307, 308]) {
    check(`redirect() with ${status}`, () =>
      expect(Response.redirect(new URL("https://a.test/"), status).status).toBe(status),
    );
  }
  for (const status of [200, 300, 304, 309, 400, 500, 0]) {
    check(`redirect() with ${status} is refused`, () =>
      expect(() => Response.redirect("https://a.test/", status)).toThrow(RangeError),
    );
  }
  for (const url of ["http://", "not a url", "//", "https://a b/"]) {
    check(`redirect(${show(url)}) is refused`, () => expect(() => Response.redirect(url)).toThrow(TypeError));
  }
  check("redirect() without a URL is refused", () =>
    expect(() => (Response.redirect as unknown as () => void)()).toThrow(TypeError),
  );
  for (const data of [{ a: 1 }, [1, 2], "text", 1, null, true, "💩", { nested: { "\u2028": "é" } }]) {
    check(`json(${JSON.stringify(data)})`, async () => {
      const response = Response.json(data);
      expect([response.status, response.type, response.headers.get("content-type")]).toEqual([
        200,
        "default",
        "application/json",
      ]);
      expect(await response.json()).toEqual(data);
    });
  }
  check("json() with an init", async () => {
    const response = Response.json(
      { a: 1 },
      { status: 400, statusText: "bad", headers: { "content-type": "a/b", x: "y" } },
    );
    expect([
      response.status,
      response.statusText,
      response.headers.get("content-type"),
      response.headers.get("x"),
    ]).toEqual([400, "bad", "a/b", "y"]);
    expect(await response.text()).toBe('{"a":1}');
  });
  for (const data of [undefined, () => 1, Symbol("s")]) {
    check(`json(${show(data)}) is refused`, () => expect(() => Response.json(data)).toThrow(TypeError));
  }
  check("json() of a cycle is refused", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => Response.json(cycle)).toThrow(TypeError);
  });
  check("json() lets a toJSON's error through", () => {
    expect(() =>
      Response.json({
        toJSON() {
          throw new RangeError("mine");
        },
      }),
    ).toThrow(RangeError);
  });
  for (const status of [204, 205, 304])
    check(`json() with ${status} is refused`, () => expect(() => Response.json("a", { status })).toThrow(TypeError));
  check("json() without data is refused", () =>
    expect(() => (Response.json as unknown as () => void)()).toThrow(TypeError),
  );
});
