/** Keys for uWebSockets: the file is there while it is being read, for nobody else, and gone afterwards. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { withPemFile } from "../../../src/engines/uws/pem-file.ts";

test("in memory, where the kernel shows descriptors as files", () => {
  const seen = withPemFile("secret\n", (path) => [path, readFileSync(path, "utf8")] as const);
  expect(seen).toEqual([expect.stringMatching(/^\/proc\/self\/fd\/\d+$/), "secret\n"]);
});

test("else in a folder of its own, which nobody else can enter", () => {
  const read = withPemFile(
    "secret\n",
    (path) => ({
      path,
      text: readFileSync(path, "utf8"),
      modes: [path, dirname(path)].map((name) => statSync(name).mode & 0o777),
    }),
    "/nowhere",
  );
  expect(read).toMatchObject({ text: "secret\n", modes: [0o600, 0o700] });
  expect(existsSync(dirname(read.path))).toBe(false);
});

test.each(["/proc/self/fd", "/nowhere"])("nothing is left when reading fails (%s)", (descriptors) => {
  let seen = "";
  const failing = (path: string): never => {
    seen = path;
    throw new Error("no");
  };
  expect(() => withPemFile("secret\n", failing, descriptors)).toThrow("no");
  expect(existsSync(seen)).toBe(false);
});
