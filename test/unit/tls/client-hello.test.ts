/** What is read of the first message of TLS clients: of Node's own, of what breaks off, and of what is broken. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { suitsUws } from "../../../src/engines/uws/secure-route.ts";
import { isHelloBegun, readClientHello } from "../../../src/tls/client-hello.ts";
import { helloOf } from "../../support/tls-client.ts";

describe("a client of Node", () => {
  test("with a name and protocols", async () => {
    const hello = readClientHello(await helloOf({ servername: "Shop.example", ALPNProtocols: ["h2", "http/1.1"] }));
    expect(hello).toMatchObject({ serverName: "Shop.example", protocols: ["h2", "http/1.1"] });
    expect(hello!.versions).toContain(0x0304);
    expect(hello!.suites).toContain(0x1301);
    expect(hello!.groups).toContain(0x1d);
    expect(suitsUws(hello!, [])).toBe(true);
    expect(suitsUws(hello!, ["h2"])).toBe(false);
  });

  test("without", async () => {
    const hello = readClientHello(await helloOf({}));
    expect(hello).toMatchObject({ serverName: "", protocols: [] });
  });

  test.each([
    ["an older version", { maxVersion: "TLSv1.2" }],
    ["groups that are not common", { ecdhCurve: "P-521" }],
  ] as const)("%s is not for uWebSockets", async (_, options) => {
    expect(suitsUws(readClientHello(await helloOf(options))!, [])).toBe(false);
  });
});

test("what is not whole, and what is something else, is nothing", async () => {
  const bytes = await helloOf({ servername: "a.example" });
  for (let length = 0; length < bytes.length; length++) {
    expect(readClientHello(bytes.subarray(0, length))).toBeNull();
    expect(isHelloBegun(bytes.subarray(0, length))).toBe(true);
  }
  expect(isHelloBegun(bytes)).toBe(false);
  expect(isHelloBegun(Buffer.from("GET"))).toBe(false);
  for (const text of ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x05hello", "\x15\x03\x01\x00\x02\x02\x28", ""])
    expect(readClientHello(Buffer.from(text, "latin1"))).toBeNull();
  expect(readClientHello(Buffer.concat([bytes, Buffer.from("more")]))).not.toBeNull();
});

test("whatever is sent, it is read without an error", async () => {
  const bytes = await helloOf({ servername: "a.example", ALPNProtocols: ["http/1.1"] });
  const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(changes, fc.nat(bytes.length), (all, length) => {
      const broken = Buffer.from(bytes);
      for (const [at, value] of all) broken[at] = value;
      readClientHello(broken.subarray(0, length));
      readClientHello(broken);
    }),
  );
});
