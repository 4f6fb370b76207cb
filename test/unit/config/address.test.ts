import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, formatAddress, parseAddress } from "../../../src/net/address.ts";

const GOOD: Record<string, Address> = {
  "127.0.0.1": { kind: "tcp", host: "127.0.0.1", port: 8000 },
  "127.0.0.1:9000": { kind: "tcp", host: "127.0.0.1", port: 9000 },
  ":3000": { kind: "tcp", host: "0.0.0.0", port: 3000 },
  ":0": { kind: "tcp", host: "0.0.0.0", port: 0 },
  "Example.COM:65535": { kind: "tcp", host: "example.com", port: 65535 },
  "[::1]": { kind: "tcp", host: "::1", port: 8000 },
  "[FE80::1]:80": { kind: "tcp", host: "fe80::1", port: 80 },
  "tcp://[::]:80": { kind: "tcp", host: "::", port: 80 },
  "tcp://localhost:80": { kind: "tcp", host: "localhost", port: 80 },
  "TCP://localhost": { kind: "tcp", host: "localhost", port: 8000 },
  " 127.0.0.1:1 ": { kind: "tcp", host: "127.0.0.1", port: 1 },
  "unix:/run/app.sock": { kind: "unix", path: "/run/app.sock" },
  "unix:///run/app.sock": { kind: "unix", path: "/run/app.sock" },
  "unix:app.sock": { kind: "unix", path: "app.sock" },
  "unix://app.sock": { kind: "unix", path: "app.sock" },
  "fd://3": { kind: "fd", fd: 3 },
};

const BAD: Record<string, RegExp> = {
  "": /empty; expected HOST, HOST:PORT/,
  "8000": /a port alone is written with a colon, as in :8000/,
  "::1": /goes in brackets, as in \[::1\]:8000/,
  "[::1": /between the brackets/,
  "[localhost]:80": /between the brackets goes an IPv6 address/,
  "a:b": /the port is a number from 0 to 65535/,
  "a:": /the port is a number/,
  "a:65536": /from 0 to 65535/,
  "a:-1": /from 0 to 65535/,
  "a:1:2": /too many colons/,
  "http://a:80": /http:\/\/ is not listened on/,
  "/run/app.sock": /written unix:\/run\/app.sock/,
  "a b:80": /no spaces/,
  "user@host:80": /@/,
  "tcp://": /no host/,
  "unix:": /the path is missing/,
  [`unix:/${"x".repeat(107)}`]: /at most 107 bytes/,
  "fd://x": /as in fd:\/\/3/,
  "fd://": /as in fd:\/\/3/,
};

describe("parseAddress", () => {
  it.each(Object.entries(GOOD))("reads %j", (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each(Object.entries(BAD))("refuses %j and shows how to write it", (text, message) => {
    expect(() => parseAddress(text)).toThrow(message);
  });

  it("reads back what formatAddress writes", () => {
    const port = fc.integer({ min: 0, max: 65535 });
    const address = fc.oneof(
      fc.record({ kind: fc.constant("tcp" as const), host: fc.oneof(fc.ipV4(), fc.domain(), fc.ipV6()), port }),
      fc.record({ kind: fc.constant("unix" as const), path: fc.stringMatching(/^\/[a-z0-9/_.-]{1,50}$/) }),
      fc.record({ kind: fc.constant("fd" as const), fd: fc.nat(100_000) }),
    );
    fc.assert(
      fc.property(address, (given) => {
        const expected = given.kind === "tcp" ? { ...given, host: given.host.toLowerCase() } : given;
        expect(parseAddress(formatAddress(given))).toEqual(expected);
      }),
    );
  });
});
