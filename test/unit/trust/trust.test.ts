/** Who may speak for the client, and what is made of it. */

import { describe, expect, it } from "vitest";
import { AddressList, entryProblem } from "../../../src/base/address-list.ts";
import { clientAddress } from "../../../src/http/trust/client-address.ts";
import { trustOf } from "../../../src/http/trust/trust.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

describe("a list of addresses", () => {
  const list = new AddressList(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]);

  it.each([
    ["127.0.0.1", true],
    ["127.0.0.2", false],
    ["10.255.0.1", true],
    ["11.0.0.1", false],
    ["2001:db8:1::2", true],
    ["2001:db9::1", false],
    ["::ffff:10.0.0.1", true], // IPv4 through an IPv6 socket
    ["", true],
    ["nonsense", false],
  ])("says of %j: %j, the second time as well", (address, listed) => {
    expect([list.has(address), list.has(address)]).toEqual([listed, listed]);
  });

  it("is everybody with *, and nobody but unix sockets when empty", () => {
    expect([new AddressList(["*"]).has("192.0.2.1"), new AddressList([]).has("127.0.0.1")]).toEqual([true, false]);
  });

  it("keeps its answers within bounds, and right", () => {
    for (let i = 0; i < 5000; i++) expect(list.has(`10.0.${i >> 8}.${i & 255}`)).toBe(true);
    expect(list.has("192.0.2.1")).toBe(false);
  });

  it.each([
    "*",
    "1.2.3.4",
    "::1",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/32",
    "::ffff:10.0.0.0/104",
    "1.2.3.4/32",
  ])("takes the entry %s", (entry) => expect(entryProblem(entry)).toBeNull());

  it.each([
    ["10.0.0.1/8", "10.0.0.0/8"],
    ["2001:db8::1/32", "2001:db8::/32"],
    ["192.168.1.130/25", "192.168.1.128/25"],
  ])("refuses %s, and names the network %s", (entry, network) => {
    expect(entryProblem(entry)).toContain(`${network} is the network`);
  });

  it.each(["proxy.example", "10.0.0.0/33", "::1/129", "10.0.0.0/8/8", "10.0.0.0/", "10.0.0", "10.0.0.0/x"])(
    "refuses %s",
    (entry) => expect(entryProblem(entry)).not.toBeNull(),
  );
});

describe("the client's address", () => {
  const trusted = new AddressList(["10.0.0.0/8"]);
  const forwardedFor = (...values: string[]): string | null =>
    clientAddress(
      values.flatMap((value) => ["X-Forwarded-For", value]),
      "x-forwarded-for",
      trusted,
    );
  const forwarded = (value: string): string | null => clientAddress(["forwarded", value], "forwarded", trusted);

  it.each([
    [["192.0.2.1"], "192.0.2.1"],
    [["192.0.2.1, 10.0.0.1"], "192.0.2.1"],
    [["6.6.6.6, 192.0.2.1, 10.0.0.1, 10.0.0.2"], "192.0.2.1"],
    [["6.6.6.6", "192.0.2.1, 10.0.0.1"], "192.0.2.1"],
    [["192.0.2.1", "10.0.0.1"], "192.0.2.1"],
    [["10.0.0.1, 10.0.0.2"], "10.0.0.1"],
    [["192.0.2.1:4711"], "192.0.2.1"],
    [["[2001:db8::1]:4711"], "2001:db8::1"],
    [["2001:db8::1"], "2001:db8::1"],
    [["6.6.6.6, unknown, 10.0.0.1"], "10.0.0.1"],
    [["unknown"], null],
    [["6.6.6.6, fe80::1%eth0, 10.0.0.1"], "10.0.0.1"],
    [[""], null],
    [[], null],
  ])("of X-Forwarded-For %j is %j", (values, client) => expect(forwardedFor(...values)).toBe(client));

  it.each([
    ["for=192.0.2.1", "192.0.2.1"],
    ['for="[2001:db8::1]:47";proto=https', "2001:db8::1"],
    ['for=6.6.6.6, For="192.0.2.1:80";by=10.0.0.9, for=10.0.0.1', "192.0.2.1"],
    ["proto=https;for=192.0.2.1", "192.0.2.1"],
    ['for="_gaz,elle", for=10.0.0.1', "10.0.0.1"],
    ["for=6.6.6.6, proto=http", null],
    ['for="\\192.0.2.1"', "192.0.2.1"],
    ['for="192.0.2.1:_hidden"', "192.0.2.1"],
    ['for="[::ffff:192.0.2.1]:80", for="[::FFFF:10.0.0.1]"', "192.0.2.1"],
    ['for="evil, for=192.0.2.1', "192.0.2.1"],
    ['for=6.6.6.6;by=", for=192.0.2.1;proto=https', "192.0.2.1"],
    ['for=6.6.6.6;by="\\", for=192.0.2.1', "192.0.2.1"],
    ['for=192.0.2.1;by="a\\",b\\\\", for=10.0.0.1', "192.0.2.1"],
  ])("of Forwarded %j is %j", (value, client) => expect(forwarded(value)).toBe(client));
});

describe("what a trusted proxy says", () => {
  const trust = trustOf({
    forwardedAllowIps: ["127.0.0.1"],
    secureSchemeHeaders: { "X-FORWARDED-PROTOCOL": "ssl", "X-FORWARDED-PROTO": "https" },
    realIpHeader: "x-forwarded-for",
  });
  const seen = (headers: string[], trusted = true) =>
    trust.peerOf(new RecordingExchange({ headers: ["Host", "a", ...headers], peer: { trusted } }));

  it.each([
    [["X-Forwarded-Proto", "https"], "https"],
    [["x-forwarded-proto", "https"], "https"],
    [["X-Forwarded-Proto", "HTTPS"], "http"],
    [["X-Forwarded-Protocol", "ssl", "X-Forwarded-Proto", "https"], "https"],
    [["X-Forwarded-Proto", "http"], "http"],
    [[], "http"],
  ])("%j makes the scheme %s", (headers, scheme) => expect(seen(headers)?.scheme).toBe(scheme));

  it("contradicts itself with two that differ", () => {
    expect(seen(["X-Forwarded-Protocol", "ssl", "X-Forwarded-Proto", "http"])).toBeNull();
    expect(seen(["X-Forwarded-Proto", "https", "X-Forwarded-Proto", "http"])).toBeNull();
  });

  it("is not listened to from others", () => {
    const exchange = new RecordingExchange({ headers: ["X-Forwarded-Proto", "https", "X-Forwarded-For", "6.6.6.6"] });
    expect(trust.peerOf(exchange)).toBe(exchange.peer);
  });

  it("gives the client's address without the proxy's port", () => {
    expect(seen(["X-Forwarded-For", "192.0.2.77"])).toMatchObject({
      remoteAddress: "192.0.2.77",
      remotePort: 0,
      localPort: 8000,
      trusted: true,
    });
  });

  it("leaves the peer itself where nothing is said", () => {
    const exchange = new RecordingExchange({ headers: ["Host", "a"], peer: { trusted: true } });
    expect(trust.peerOf(exchange)).toBe(exchange.peer);
  });
});
