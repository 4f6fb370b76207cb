/** Headers: Set-Cookie, the field that must not be combined. */

import { expect } from "vitest";
import { overSubjects } from "./subjects.ts";

overSubjects("Headers, Set-Cookie", ({ Headers }, check) => {
  const two = () =>
    new Headers([
      ["set-cookie", "foo=bar"],
      ["Set-Cookie", "fizz=buzz; domain=example.com"],
    ]);
  check("get() combines", () => expect(two().get("set-cookie")).toBe("foo=bar, fizz=buzz; domain=example.com"));
  check("getSetCookie() keeps them apart, in order", () => {
    expect(two().getSetCookie()).toEqual(["foo=bar", "fizz=buzz; domain=example.com"]);
  });
  check("getSetCookie() of none is empty", () => expect(new Headers({ cookie: "a=b" }).getSetCookie()).toEqual([]));
  check("getSetCookie() keeps equal ones", () => {
    expect(
      new Headers([
        ["set-cookie", "a=b"],
        ["set-cookie", "a=b"],
      ]).getSetCookie(),
    ).toEqual(["a=b", "a=b"]);
  });
  check("getSetCookie() gives a list of its own", () => {
    const headers = two();
    headers.getSetCookie().push("x=y");
    expect(headers.getSetCookie()).toHaveLength(2);
  });
  check("iteration keeps them apart, at their place in the order", () => {
    const headers = two();
    headers.append("Accept", "1");
    headers.append("x", "2");
    expect([...headers]).toEqual([
      ["accept", "1"],
      ["set-cookie", "foo=bar"],
      ["set-cookie", "fizz=buzz; domain=example.com"],
      ["x", "2"],
    ]);
  });
  check("iteration does not sort them", () => {
    expect([
      ...new Headers([
        ["set-cookie", "z"],
        ["set-cookie", "a"],
        ["set-cookie", "m"],
      ]).values(),
    ]).toEqual(["z", "a", "m"]);
  });
  check("copying Headers keeps them apart", () => expect(new Headers(two()).getSetCookie()).toHaveLength(2));
  check("set() leaves one", () => {
    const headers = two();
    headers.set("SET-COOKIE", "only=one");
    expect(headers.getSetCookie()).toEqual(["only=one"]);
  });
  check("delete() leaves none", () => {
    const headers = two();
    headers.delete("set-cookie");
    expect(headers.getSetCookie()).toEqual([]);
    expect(headers.has("set-cookie")).toBe(false);
  });
  check("an empty one counts", () => expect(new Headers([["set-cookie", ""]]).getSetCookie()).toEqual([""]));
  check("iteration follows a cookie appended meanwhile", () => {
    const headers = new Headers([
      ["set-cookie", "a"],
      ["set-cookie", "b"],
      ["set-cookie", "c"],
    ]);
    const iterator = headers.entries();
    expect(iterator.next().value).toEqual(["set-cookie", "a"]);
    headers.append("set-cookie", "d");
    expect([...iterator]).toEqual([
      ["set-cookie", "b"],
      ["set-cookie", "c"],
      ["set-cookie", "d"],
    ]);
  });
  check("iteration follows what is sorted in front meanwhile", () => {
    const headers = new Headers([
      ["fizz", "buzz"],
      ["X-Header", "test"],
    ]);
    const iterator = headers.entries();
    expect(iterator.next().value).toEqual(["fizz", "buzz"]);
    headers.append("Set-Cookie", "a=b");
    expect(iterator.next().value).toEqual(["set-cookie", "a=b"]);
    headers.append("Accept", "text/html");
    expect(iterator.next().value).toEqual(["set-cookie", "a=b"]);
    expect(iterator.next().value).toEqual(["x-header", "test"]);
    headers.append("set-cookie", "c=d");
    expect(iterator.next().value).toEqual(["x-header", "test"]);
    expect(iterator.next().done).toBe(true);
  });
  check("set-cookie2 is like any other", () => {
    expect([
      ...new Headers([
        ["set-cookie2", "a"],
        ["set-cookie2", "b"],
      ]),
    ]).toEqual([["set-cookie2", "a, b"]]);
  });
});
