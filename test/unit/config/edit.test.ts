/** Config files that are edited: what changes is what was asked for, and everything else is as it was. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editConfig } from "../../../src/config/file/edit.ts";
import { loadConfigFile } from "../../../src/config/file/load.ts";
import { maskSource } from "../../../src/config/file/mask.ts";

const CHANGES = [
  { names: ["workerClass", "worker_class"], value: "async" },
  { names: ["workers"], value: 2 },
];

function edited(text: string, isJson = false): string {
  const edit = editConfig(text, CHANGES, isJson);
  if ("problem" in edit) throw new Error(edit.problem);
  return edit.text;
}

function refusal(text: string): string {
  const edit = editConfig(text, CHANGES, false);
  return "problem" in edit ? edit.problem : `edited:\n${edit.text}`;
}

async function load(text: string, name = "config.ts"): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-edit-"));
  try {
    writeFileSync(join(directory, name), text);
    return await loadConfigFile(join(directory, name));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("an edited config file", () => {
  it("has the new values where the old ones stood, and new entries at the end", () => {
    expect(
      edited(`// ours
import { defineConfig } from "junicorn";

export default defineConfig({
  bind: ["0.0.0.0:8000"], // everywhere
  worker_class: 'sync', // workers: 12
  // hooks
  onExit() {
    return { workers: 3 };
  } // the last
});
`),
    ).toBe(`// ours
import { defineConfig } from "junicorn";

export default defineConfig({
  bind: ["0.0.0.0:8000"], // everywhere
  worker_class: 'async', // workers: 12
  // hooks
  onExit() {
    return { workers: 3 };
  }, // the last
  workers: 2,
});
`);
  });

  it.each([
    ["export default { workers: 4 };\n", 'export default { workers: 2, workerClass: "async" };\n'],
    ["export default { workers: 4, };\n", 'export default { workers: 2, workerClass: "async" };\n'],
    ["export default {};\n", 'export default {\n  workerClass: "async",\n  workers: 2,\n};\n'],
    [
      "export default {\r\n  a: 1\r\n};\r\n",
      'export default {\r\n  a: 1,\r\n  workerClass: "async",\r\n  workers: 2,\r\n};\r\n',
    ],
    [
      "module.exports = {\n\tname: 'x'\n}\n",
      "module.exports = {\n\tname: 'x',\n\tworkerClass: 'async',\n\tworkers: 2,\n}\n",
    ],
    [
      "const c: UserConfig = { workers: 'auto' };\nexport default c;\n",
      "const c: UserConfig = { workers: 2, workerClass: 'async' };\nexport default c;\n",
    ],
    [
      "export default {\n  ...base,\n} satisfies UserConfig;\n",
      'export default {\n  ...base,\n  workerClass: "async",\n  workers: 2,\n} satisfies UserConfig;\n',
    ],
    [
      'export default {\n  "workers": "auto",\n  workerClass: null\n}\n',
      'export default {\n  "workers": 2,\n  workerClass: "async"\n}\n',
    ],
  ])("%j", (before, after) => {
    expect(edited(before)).toBe(after);
  });

  it("is JSON if it was", async () => {
    const before = '{\n  "workers": 8,\n  "timeout": 5\n}\n';
    expect(edited(before, true)).toBe('{\n  "workers": 2,\n  "timeout": 5,\n  "workerClass": "async"\n}\n');
    await expect(load(edited("{}", true), "x.json")).resolves.toEqual({ workerClass: "async", workers: 2 });
  });

  it.each([
    ["export default { workers: Number(process.env.N) };", "line 1: workers is not a plain value there"],
    ["const workers = 4;\nexport default {\n  workers,\n};", "line 3: workers is not a plain value there"],
    ["export default () => ({ workers: 4 });", "its default export is not an object that is written there"],
    ["export default await load();", "its default export is not an object that is written there"],
    ["export const workers = 4;", "its default export is not an object that is written there"],
    ["export default { workers: 4", "the object that it exports is not one whose end can be found"],
    ["// export default {}\n", "its default export is not an object that is written there"],
  ])("is refused where it cannot be made for certain: %j", (text, problem) => {
    expect(refusal(text)).toBe(problem);
  });

  it("keeps all that it does not know, whatever that is", async () => {
    const values = [
      ["4", 4],
      ['"a, b: { \\" }"', 'a, b: { " }'],
      ["'// no comment'", "// no comment"],
      ["`a ${`b } ${1}`} ,`", "a b } 1 ,"],
      ["/[/,}]{2}\\//.source", "[/,}]{2}\\/"],
      ["[1, { workers: 9 }].length /* , } */", 2],
      ["(8 / 2) / 1", 4],
    ] as const;
    const keys = ["a", "b_c", '"quoted-key"', "'q,2'"];
    const entry = fc.record({
      value: fc.constantFrom(...values),
      comment: fc.constantFrom("", " // x, }", " /* { */"),
      line: fc.constantFrom("\n", "\n\n  // a comment: workers: 1,\n"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 4 }),
        fc.boolean(),
        fc.integer({ min: -1, max: 4 }),
        async (entries, trailing, at) => {
          const lines = entries.map(({ value, comment, line }, index) => {
            const comma = trailing || index < entries.length - 1 || at === entries.length ? "," : "";
            return `${line}  ${keys[index]}: ${value[0]}${comma}${comment}`;
          });
          if (at >= 0 && at <= lines.length)
            lines.splice(at, 0, `\n  workers: 7${at < lines.length || trailing ? "," : ""}`);
          const source = `export default {${lines.join("")}\n};\n`;
          const expected = Object.fromEntries(
            entries.map(({ value }, index) => [keys[index]!.replaceAll(/["']/g, ""), value[1]]),
          );
          expect(await load(edited(source)), source).toEqual({ ...expected, workerClass: "async", workers: 2 });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("maskSource", () => {
  it("keeps the length, the lines and the code", () => {
    const source = "a = 'x\\'y' + `t ${ {b: `}`} } u` // c\n/* d\n */ e = f / g / h; i = /[/]'/g;";
    const masked = maskSource(source);
    expect(masked).toHaveLength(source.length);
    expect(masked.split("\n").map((line) => line.length)).toEqual(source.split("\n").map((line) => line.length));
    expect(masked.replaceAll(/\s+/g, " ")).toBe("a = ' ' + ` ` e = f / g / h; i = / g;");
  });
});
