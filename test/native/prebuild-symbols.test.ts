/** What scripts/prebuild.ts refuses: a binary that would not load where it is meant for. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { notFoundOnMusl, tooNewFor } from "../../scripts/prebuild-symbols.ts";
import { ROOT } from "../support/junicorn.ts";
import { temporaryFolder } from "../support/tools.ts";

test("a binary for glibc is none for musl: it wants another library, and functions by other names", () => {
  const problems = notFoundOnMusl(join(ROOT, "native", "build", "Release", "junicorn.node"), new Set(["memmove"]));
  expect(problems).toContain("libc.so.6");
  expect(problems).toContainEqual(expect.stringMatching(/^memmove@GLIBC_/));
  expect(problems.filter((name) => /^(napi|uv|llhttp)_/.test(name))).toEqual([]);
});

test("one that asks for a newer glibc than Node's own binaries do is found", () => {
  const file = join(temporaryFolder(), "addon");
  writeFileSync(file, "GLIBC_2.2.5\0GLIBC_2.28\0GLIBC_2.29\0GLIBCXX_3.4.25\0GLIBCXX_3.4.26\0");
  expect(tooNewFor(file)).toEqual(["GLIBC_2.29", "GLIBCXX_3.4.26"]);
});
