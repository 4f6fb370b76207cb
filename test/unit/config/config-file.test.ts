import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { directory, refusal, resolved } from "./support.ts";

/** Each kind of file, and each way to export: all say two workers. */
const KINDS: Record<string, string> = {
  "junicorn.config.ts": "enum Count { Two = 2 }\nexport default { workers: Count.Two as number };",
  "junicorn.config.mts": "const workers: number = await Promise.resolve(2);\nexport { workers };",
  "junicorn.config.js": "export const workers = 2;",
  "junicorn.config.mjs": "export default async () => ({ workers: 2 });",
  "junicorn.config.cjs": "module.exports = { workers: 2 };",
  "junicorn.config.json": '\uFEFF{ "workers": 2 }\n',
};

describe("a config file", () => {
  it.each(Object.entries(KINDS))("%s is found and read", async (name, text) => {
    const cwd = directory({ [name]: text, "package.json": '{"type":"module"}' });
    const { settings, origins } = await resolved({ cwd });
    expect(settings).toMatchObject({ workers: 2, config: join(cwd, name) });
    expect(origins.get("workers")).toEqual({ kind: "file", label: join(cwd, name) });
  });

  it("is read in TypeScript before others", async () => {
    const cwd = directory({
      "junicorn.config.json": '{"workers": 1}',
      "junicorn.config.ts": "export default { workers: 3 }",
    });
    expect((await resolved({ cwd })).settings.workers).toBe(3);
  });

  it.each([
    ["exports of CommonJS one by one", "c.cjs", "exports.workers = 2;"],
    ["a function of CommonJS", "c.cjs", "module.exports = () => ({ workers: 2 });"],
    ["a function in TypeScript", "c.ts", "export default (): object => ({ workers: 2 });"],
    ["CommonJS in TypeScript", "c.cts", "module.exports = { workers: 2 as number };"],
    ["undefined for what is not set", "c.mjs", "export default { workers: 2, timeout: undefined };"],
    ["an import of its own", "c.ts", 'import { workers } from "./more.ts";\nexport default { workers };'],
  ])("may have %s", async (_, name, text) => {
    const cwd = directory({ [name]: text, "more.ts": "export const workers: number = 2;" });
    const { settings } = await resolved({ cwd, argv: ["-c", name, "app.js"] });
    expect(settings).toMatchObject({ workers: 2, timeout: 30 });
  });

  it("may name the application", async () => {
    const cwd = directory({ "a.json": '{"wsgi_app": "main:app"}' });
    expect((await resolved({ cwd, argv: ["-c", "a.json"] })).settings.app).toBe("main:app");
    expect((await resolved({ cwd, argv: ["-c", "a.json", "other"] })).settings.app).toBe("other");
  });

  it("is told of where it names no application either", async () => {
    const cwd = directory({ "a.json": "{}" });
    expect((await refusal({ cwd, argv: ["-c", "a.json"] })).message).toContain(
      `(${cwd}/a.json does not name it either)`,
    );
  });

  it("is named by a path, file:PATH or a file URL; the command line wins over JUNICORN_CMD_ARGS", async () => {
    const cwd = directory({
      "a.json": '{"workers": 2}',
      "b.json": '{"workers": 3}',
      "junicorn.config.json": '{"workers": 9}',
    });
    const env = { JUNICORN_CMD_ARGS: "-c b.json" };
    expect((await resolved({ cwd, env })).settings.workers).toBe(3);
    for (const location of ["a.json", "file:a.json", `${cwd}/a.json`, `file://${cwd}/a.json`]) {
      expect((await resolved({ cwd, env, argv: ["-c", location, "app"] })).settings.workers).toBe(2);
    }
  });
});

it("a file that cannot be read is named", async () => {
  const cwd = directory({ x: "" });
  symlinkSync("/proc/self/mem", join(cwd, "a.json"));
  expect((await refusal({ cwd, argv: ["-c", "a.json", "app"] })).message).toMatch(/a\.json: it cannot be read: E/);
});

describe("chdir", () => {
  it("on the command line is entered before the config file is looked for", async () => {
    const cwd = directory({ "one/junicorn.config.json": '{"workers": 4}', "junicorn.config.json": '{"workers": 9}' });
    const entered: string[] = [];
    const { settings } = await resolved({ cwd, entered, argv: ["--chdir", "one", "app"] });
    expect(settings).toMatchObject({ workers: 4, chdir: join(cwd, "one") });
    expect(entered).toEqual([join(cwd, "one"), join(cwd, "one")]);
  });

  it("does not move the path given to --config", async () => {
    const cwd = directory({ "one/x": "", "a.json": '{"workers": 4}' });
    expect((await resolved({ cwd, argv: ["--chdir", "one", "-c", "a.json", "app"] })).settings.workers).toBe(4);
  });

  it("in a config file is entered after it was read, unless the command line says another", async () => {
    const cwd = directory({ "one/x": "", "two/x": "", "junicorn.config.json": '{"chdir": "one"}' });
    const entered: string[] = [];
    expect((await resolved({ cwd, entered })).settings.chdir).toBe(join(cwd, "one"));
    expect(entered).toEqual([cwd, join(cwd, "one")]);
    const typed = await resolved({ cwd, argv: ["--chdir", "two", "-c", "junicorn.config.json", "app"] });
    expect(typed.settings.chdir).toBe(join(cwd, "two"));
  });
});

/**
 * Files that cannot be read: [name, text, what is told after the directory's path]. Those that Node itself refuses to
 * import are in test/integration/cli.test.ts: here vitest does the importing.
 */
const BROKEN: [name: string, text: string, told: RegExp][] = [
  [
    "a.ts",
    "const a: number = 1;\nconst b: = 2;\n",
    /^a\.ts:2: SyntaxError: Unexpected token\n\n[^]*> 2 │ const b: = 2;\n {6}│ {10}\^\n$/,
  ],
  ["a.json", '{\n  "workers": 2,\n}', /^a\.json:3: this is not JSON: [^\n]*\n\n[^]*> 3 │ \}\n {6}│ \^\n$/],
  [
    "a.json",
    '{\n  "workers": undefined\n}',
    /^a\.json:2: this is not JSON: Unexpected token 'u'[^\n]*\n\n[^]*> 2 │ {3}"workers": undefined\n {6}│ {14}\^\n/,
  ],
  ["a.json", '{"workers": 2', /^a\.json:1: this is not JSON: /],
  [
    "a.mjs",
    "\nfunction f() {\n  throw new TypeError('boom');\n}\nf();\n",
    /^a\.mjs:3: TypeError: boom\n\n[^]*> 3 │ {3}throw new TypeError/,
  ],
  [
    "a.ts",
    "type X = 1;\nthrow new RangeError('boom' as string);\n",
    /^a\.ts:2: RangeError: boom\n\n[^]*> 2 │ throw new RangeError/,
  ],
  [
    "a.mjs",
    "export default () => {\n  throw new Error('not today');\n};\n",
    /^a\.mjs:2: not today\n\n[^]*> 2 │ {3}throw/,
  ],
  ["a.mjs", "throw 7", /^a\.mjs: it threw 7$/],
  [
    "a.mjs",
    "export default 3",
    /^a\.mjs: a config file exports an object of settings, and this is a value of type number$/,
  ],
  ["a.mjs", "export default [{}]", /^a\.mjs: a config file exports an object of settings, and this is an array$/],
  ["a.json", "null", /^a\.json: a config file holds an object of settings, and this is null$/],
  ["a.mjs", "export const workers = 2;\nexport default {};", /^a\.mjs: it exports workers beside a default export/],
  ["a.yaml", "workers: 2", /^a\.yaml: a config file is TypeScript, JavaScript or JSON/],
];

describe("a config file that cannot be read", () => {
  it.each(BROKEN)("%s: %j", async (name, text, told) => {
    const cwd = directory({ [name]: text });
    const { message, exit } = await refusal({ cwd, argv: ["-c", name, "app.js"] });
    expect(message.startsWith(`${cwd}/`), message).toBe(true);
    expect(message.slice(cwd.length + 1)).toMatch(told);
    expect(exit).toBe(1);
    expect(message).not.toMatch(/^\s+at /m);
  });

  it("is told of by name where it is missing or a directory", async () => {
    const cwd = directory();
    expect(await refusal({ cwd, argv: ["-c", "nope.ts", "a"] })).toEqual({
      message: `${cwd}/nope.ts: there is no such config file`,
      exit: 1,
    });
    expect((await refusal({ cwd, argv: ["-c", ".", "a"] })).message).toContain("this is a directory");
  });
});
