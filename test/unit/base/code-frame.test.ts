import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codeFrame } from "../../../src/base/code-frame.ts";
import { safeMessage } from "../../../src/base/log-line.ts";

function frameOf(text: string, line: number, column: number): string {
  const file = join(mkdtempSync(join(tmpdir(), "junicorn-frame-")), "a.js");
  writeFileSync(file, text);
  return codeFrame({ file, line, column });
}

test("a bundler's line is cut around the column, with the mark below the right character", () => {
  const long = `${"a".repeat(50_000)}@${"b".repeat(50_000)}`;
  const [before, fault, mark, ...after] = frameOf(`${long}\n${long}\nshort`, 2, 50_001).split("\n");
  expect(fault).toMatch(/^ {2}> 2 │ …a+@b+…$/);
  expect(mark!.indexOf("^")).toBe(fault!.indexOf("@"));
  expect(fault!.length).toBeLessThan(200);
  expect(before).toBe(fault!.replace("> 2", "  1"));
  expect(after).toEqual(["    3 │"]);
});

test("lines beside it are cut, too, and short ones are whole", () => {
  const frame = frameOf(`short\nfault\n${"x".repeat(5000)}`, 2, 3);
  expect(frame).toMatch(/^ {4}1 │ short\n {2}> 2 │ fault\n {6}│ {3}\^\n {4}3 │ x{160}…$/);
});

test("the log, which indents what could be taken for a line of its own, leaves the picture as it is", () => {
  const frame = frameOf("const a = 1;\nconst b = ;\n", 2, 11);
  expect(safeMessage(`it failed\n${frame}`)).toBe(`it failed\n${frame}`);
});

test("a place that the file does not have gives no frame", () => {
  expect(frameOf("one", 2, 1)).toBe("");
});
