/** Which cipher uWebSockets' TLS takes. That it does so, on this processor, test/integration/tls-uws.test.ts sees. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chosenCipher, hasAes } from "../../../src/engines/uws/cipher.ts";
import { temporaryFolder } from "../../support/tools.ts";

const [AES_128, AES_256, CHACHA20, CCM] = [0x1301, 0x1302, 0x1303, 0x1304];

test("the client's first, but ChaCha20 where AES is slow", () => {
  expect(chosenCipher([0x0a0a, AES_256, CHACHA20, AES_128], true)).toBe("TLS_AES_256_GCM_SHA384");
  expect(chosenCipher([AES_256, CHACHA20, AES_128], false)).toBe("TLS_CHACHA20_POLY1305_SHA256");
  expect(chosenCipher([CCM, AES_128, AES_256], false)).toBe("TLS_AES_128_GCM_SHA256");
  expect(chosenCipher([CHACHA20, AES_128], true)).toBe("TLS_CHACHA20_POLY1305_SHA256");
});

test("nothing is made up where the processor is not known", () => {
  expect(chosenCipher([AES_128, CHACHA20], null)).toBe("");
  expect(chosenCipher([CHACHA20, AES_128], null)).toBe("TLS_CHACHA20_POLY1305_SHA256");
  expect(chosenCipher([AES_128, AES_256], null)).toBe("TLS_AES_128_GCM_SHA256");
});

test("none of a client that offers others only", () => {
  expect(chosenCipher([CCM, 0xc02f], true)).toBeNull();
});

describe("what Linux says of the processor", () => {
  test.each([
    ["flags\t\t: fpu pclmulqdq ssse3 aes avx\nbugs\t: none\n", true],
    ["flags\t\t: fpu aes avx\n", false],
    ["flags\t\t: fpu vaes pclmulqdq\n", false],
    ["Features\t: fp asimd aes pmull sha1\n", true],
    ["Features\t: fp asimd\n", false],
    ["model name\t: x\n", null],
    ["", null],
  ])("%j", (text, expected) => {
    const path = join(temporaryFolder(), "cpuinfo");
    writeFileSync(path, text);
    expect(hasAes(path)).toBe(expected);
  });

  test("nothing, where there is no /proc", () => {
    expect(hasAes("/does/not/exist")).toBeNull();
  });
});
