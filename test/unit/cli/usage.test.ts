import { describe, expect, it } from "vitest";
import { usage } from "../../../src/cli/usage.ts";
import { flagsOf, oppositesOf } from "../../../src/config/argv/program.ts";
import { SECTIONS, SETTINGS } from "../../../src/config/settings/index.ts";

const text = usage();
const folded = text.replaceAll(/\s+/g, " ");

describe("--help", () => {
  it("fits in 80 columns and has no space at the end of a line", () => {
    for (const line of text.split("\n")) {
      expect(line.length, line).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
  });

  it("begins with how to call it", () => {
    expect(text).toMatch(/^Usage: junicorn \[OPTIONS\] MODULE\[:EXPORT\]\n/);
    expect(text).toContain("-h, --help");
    expect(text).toContain("-v, --version");
  });

  it.each(SECTIONS.map(({ title }) => title))("has the section %s", (title) => {
    expect(text).toContain(`\n${title}:\n`);
  });

  it.each([...SETTINGS].filter(([, row]) => row.flags !== undefined))("has %s with its default", (_, row) => {
    const [first = ""] = flagsOf(row);
    expect(text).toContain(
      `  ${oppositesOf(row).length > 0 && row.cliOnly !== true ? first.replace("--", "--[no-]") : first}`,
    );
    expect(folded).toContain(row.summary);
    if (typeof row.default === "number") expect(folded).toMatch(new RegExp(`[[ ]${row.default}\\]`));
  });

  it("shows variables and lists as they are", () => {
    expect(folded).toContain("[$WEB_CONCURRENCY or 1]");
    expect(folded).toContain("[$PORT or 127.0.0.1:8000]");
    expect(folded).toContain("[on]");
  });

  it("has no opposite and no default for an option that is a no itself", () => {
    expect(text).toMatch(/^  --no-control-socket +Have no control socket$/m);
  });
});
