import { expect, test } from "vitest";
import { peerName } from "../../../src/base/peer-name.ts";

test.each([
  ["192.0.2.7", 4711, "", "192.0.2.7:4711"],
  ["192.0.2.7", 0, "", "192.0.2.7"],
  ["2001:db8::7", 4711, "", "[2001:db8::7]:4711"],
  ["2001:db8::7", 0, "", "2001:db8::7"],
  ["", 0, "/run/app.sock", "unix:/run/app.sock"],
  ["", 0, "", "unix"],
])("%j, port %j, path %j: %s", (address, port, path, name) => expect(peerName(address, port, path)).toBe(name));
