/** The PROXY protocol's header: what is one, what never becomes one, and that nothing but it is taken off a socket. */

import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { native } from "../../src/native.ts";
import { version1, version2 } from "../support/proxy-header.ts";

const { parseProxyHeader } = native();
const parse = (bytes: string | Uint8Array, versions = 3) =>
  parseProxyHeader(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, versions);

describe("version 1", () => {
  it.each([
    ["PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "TCP4", "192.0.2.1", 56324, "198.51.100.7", 443],
    ["PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", "TCP4", "0.0.0.0", 0, "255.255.255.255", 65535],
    ["PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "TCP6", "2001:db8::1", 1, "::1", 2],
    [`PROXY TCP6 ${Array(8).fill("ffff").join(":")} ${Array(8).fill("ffff").join(":")} 65535 65535\r\n`, "TCP6"],
    ["PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "TCP6", "192.0.2.1", 1, "::1", 2],
  ])("%j", (line, protocol, address?: string, port?: number, toAddress?: string, toPort?: number) => {
    const header = parse(`${line}GET / HTTP/1.1\r\n`);
    expect(header).toMatchObject({ status: "proxied", version: 1, length: line.length, protocol });
    if (address !== undefined)
      expect(header).toMatchObject({ source: { address, port }, destination: { address: toAddress, port: toPort } });
  });

  it.each(["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"])("%j", (line) => {
    expect(parse(line)).toEqual({ status: "local", version: 1, length: line.length });
  });

  it.each([
    "PROXY \r\n",
    "PROXY TCP4\r\n",
    "PROXY TCP5 192.0.2.1 198.51.100.7 1 2\r\n",
    "PROXY tcp4 192.0.2.1 198.51.100.7 1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 1\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 1 2 3\r\n",
    "PROXY TCP4  192.0.2.1 198.51.100.7 1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 1 2 \r\n",
    "PROXY TCP4 192.0.2.256 198.51.100.7 1 2\r\n",
    "PROXY TCP4 192.0.2.01 198.51.100.7 1 2\r\n",
    "PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
    "PROXY TCP6 192.0.2.1 198.51.100.7 1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 65536 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 01 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 -1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 1 2\n",
    "PROXY TCP4 192.0.2.1\0 198.51.100.7 1 2\r\n",
    "PROXY UNKNOWNS\r\n",
    `PROXY UNKNOWN ${"x".repeat(93)}`,
  ])("%j is malformed", (line) => expect(parse(line).status).toBe("malformed"));
});

describe("version 2", () => {
  it("gives addresses of both families, whatever follows them", () => {
    expect(parse(version2("192.0.2.1", 7, "198.51.100.7", 443, { tlvs: Buffer.alloc(300, 1) }))).toEqual({
      status: "proxied",
      version: 2,
      length: 16 + 12 + 300,
      protocol: "TCP4",
      source: { address: "192.0.2.1", port: 7 },
      destination: { address: "198.51.100.7", port: 443 },
    });
    expect(parse(version2("2001:db8::1", 65535, "::1", 0))).toMatchObject({
      protocol: "TCP6",
      source: { address: "2001:db8::1", port: 65535 },
    });
  });

  it.each([
    ["LOCAL", { command: 0x20 }, "local"],
    ["LOCAL of an unknown family", { command: 0x20, family: 0xff }, "local"],
    ["an unspecified family", { family: 0x00 }, "local"],
    ["a stream of an unspecified family", { family: 0x01 }, "local"],
    ["a unix socket", { family: 0x31, tlvs: Buffer.alloc(216) }, "local"],
    ["a unix socket without its paths", { family: 0x31 }, "malformed"],
    ["a datagram", { family: 0x12 }, "malformed"],
    ["an unknown family", { family: 0x41 }, "malformed"],
    ["an unknown transport", { family: 0x13 }, "malformed"],
    ["an unknown command", { command: 0x22 }, "malformed"],
    ["version 1 in binary", { command: 0x11 }, "malformed"],
    ["IPv6 in the room of IPv4", { family: 0x21 }, "malformed"],
    ["more than 4096 bytes", { tlvs: Buffer.alloc(4096 - 27) }, "malformed"],
  ])("%s is %o: %s", (_name, changes, status) => {
    expect(parse(version2("192.0.2.1", 1, "192.0.2.2", 2, changes)).status).toBe(status);
  });
});

describe("what it may become", () => {
  const headers = fc.oneof(
    fc.tuple(fc.ipV4(), fc.nat(65535), fc.ipV4(), fc.nat(65535)).map(([a, p, b, q]) => version1(a, p, b, q)),
    fc.tuple(fc.ipV6(), fc.nat(65535), fc.ipV6(), fc.nat(65535)).map(([a, p, b, q]) => version2(a, p, b, q)),
  );

  it("a header that comes in pieces is incomplete until it is whole, and ends where it ends", () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 40 }), (header, rest) => {
        for (let size = 0; size < header.length; size++)
          expect(parse(header.subarray(0, size)).status).toBe("incomplete");
        expect(parse(Buffer.concat([header, rest]))).toMatchObject({ status: "proxied", length: header.length });
      }),
      { numRuns: 200 },
    );
  });

  it("whatever the bytes, a verdict once given does not change with more of them, and addresses are addresses", () => {
    const mangled = fc
      .tuple(headers, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 }))
      .map(([header, edits]) => {
        const bytes = Uint8Array.from(header);
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(mangled, (bytes) => {
        const whole = parse(bytes);
        for (let size = 0; size < bytes.length; size++) {
          const part = parse(bytes.subarray(0, size));
          if (part.status !== "incomplete") expect(part).toEqual(whole);
        }
        if (whole.status === "proxied") expect(isIP(whole.source.address)).not.toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(["GET / HTTP/1.1\r\n", "PROPFIND / HTTP/1.1\r\n", "PROXYX", "\r\nGET / HTTP/1.1\r\n", "\x16\x03\x01"])(
    "%j is something else",
    (text) => expect(parse(text).status).toBe("absent"),
  );

  it("versions that are not looked for are something else", () => {
    expect(parse(version1("192.0.2.1", 1, "192.0.2.2", 2), 2).status).toBe("absent");
    expect(parse(version2("192.0.2.1", 1, "192.0.2.2", 2), 1).status).toBe("absent");
  });
});
