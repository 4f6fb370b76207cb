/** The `junicorn` command as a stranger meets it: what it prints, where, and with which exit status. */

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runJunicorn, startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

const FETCH_APP = 'export default () => new Response("hello");\n';

/** A project directory with these files; it is removed when the test ends. */
function project(files: Readonly<Record<string, string>>): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "junicorn-cli-")));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe("what only tells something", () => {
  it("--version prints the package's version", async () => {
    const { code, stdout, stderr } = await runJunicorn(["--version"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^junicorn \d+\.\d+\.\d+\n$/);
  });

  it("--help goes to standard output, whatever else is wrong", async () => {
    const { code, stdout, stderr } = await runJunicorn(["--help"], { env: { WEB_CONCURRENCY: "x" } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: junicorn /);
  });
});

describe("a mistake is told in a line or two on standard error, and nothing is served", () => {
  it.each<[string, string[], number, RegExp]>([
    [
      "no application",
      [],
      1,
      /^junicorn: which application\? Name its module, as in: junicorn server\.js; junicorn --help tells more\n$/,
    ],
    [
      "an unknown option",
      ["--wrokers", "2", "app.mjs"],
      2,
      /^junicorn: there is no option --wrokers; did you mean --workers\?\n$/,
    ],
    [
      "a mistyped command",
      ["stauts", "--log-level", "debug"],
      2,
      /^junicorn: there is no application "stauts"; did you mean junicorn status\?\n$/,
    ],
    [
      "a command of other programs",
      ["help"],
      2,
      /^junicorn: there is no application "help"; did you mean junicorn --help\?\n$/,
    ],
    [
      "a bad value",
      ["-w", "many", "app.mjs"],
      2,
      /^junicorn: --workers: "many" is not valid: expected an integer of at least 1, or auto\n$/,
    ],
    [
      "a missing config file",
      ["-c", "nope.js", "app.mjs"],
      1,
      /^junicorn: \/.*\/nope\.js: there is no such config file\n$/,
    ],
    [
      "a missing directory",
      ["--chdir", "nope", "app.mjs"],
      2,
      /^junicorn: --chdir: "nope" is not valid: there is no directory \/.*\/nope\n$/,
    ],
    [
      "an error log that cannot be written",
      ["--log-file", "no/where", "app.mjs"],
      1,
      /^junicorn: [^\n]*no\/where[^\n]*\n$/,
    ],
  ])("%s", async (_, args, status, told) => {
    const { code, stdout, stderr } = await runJunicorn(args, { cwd: project({ "app.mjs": FETCH_APP }) });
    expect(stderr).toMatch(told);
    expect({ code, stdout }).toEqual({ code: status, stdout: "" });
  });
});

describe("a config file Node refuses", () => {
  it.each<[string, string, RegExp]>([
    [
      "a.mjs",
      "const a = 1;\nconst b = ;\n",
      /^a\.mjs:2: SyntaxError: Unexpected token ';'\n\n {4}1 │ const a = 1;\n {2}> 2 │ const b = ;\n {6}│ {11}\^\n\n$/,
    ],
    [
      "a.cjs",
      "const a = 1;\nconst b = ;\n",
      /^a\.cjs:2: SyntaxError: Unexpected token ';'\n\n[^]*> 2 │ const b = ;\n\n$/,
    ],
    ["a.mjs", 'import "./bad.mjs";\n', /^bad\.mjs:1: SyntaxError: [^\n]*\n\n {2}> 1 │ \]\n {6}│ \^\n\n$/],
    ["a.mjs", 'import "./gone.mjs";', /^a\.mjs: Cannot find module '[^']*gone\.mjs' imported from [^\n]*\n$/],
    [
      "a.mjs",
      'import { nothing } from "./empty.mjs";',
      /^a\.mjs:1: SyntaxError: [^\n]*does not provide an export named 'nothing'/,
    ],
    ["a.mjs", "export default () => {\n  throw new Error('not today');\n};\n", /^a\.mjs:2: not today\n/],
  ])("%s: %j", async (name, text, told) => {
    const cwd = project({ [name]: text, "bad.mjs": "]\n", "empty.mjs": "export {};\n" });
    const { code, stderr } = await runJunicorn(["-c", name, "app.mjs"], { cwd });
    expect(stderr.replaceAll(`junicorn: ${cwd}/`, "")).toMatch(told);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  it("reads ES module syntax in a .js file of a package that does not say what it is, on any Node 20", async () => {
    const cwd = project({ "junicorn.config.js": "export default { workers: 3 };\n", "app.mjs": FETCH_APP });
    const { stdout } = await runJunicorn(["--print-config", "app.mjs"], { cwd, nodeArgs: ["--no-warnings"] });
    expect(stdout).toMatch(/^workers = 3 +# .*junicorn\.config\.js$/m);
  });
});

describe("--check-config", () => {
  it("is silent and 0 when the application loads", async () => {
    const { code, stdout, stderr } = await runJunicorn(["--check-config", "app.mjs"], {
      cwd: project({ "app.mjs": FETCH_APP }),
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("is 1 and tells why when it does not", async () => {
    const cwd = project({ "app.mjs": "export const a = 1;\nthrow new Error('no database');\n" });
    const { code, stderr } = await runJunicorn(["--check-config", "app.mjs"], { cwd });
    expect(stderr).toMatch(/^junicorn: [^]*no database/);
    expect(stderr).toMatch(/app\.mjs:2/);
    expect(code).toBe(1);
  });

  it("is 1 for a missing module, and names it", async () => {
    const { code, stderr } = await runJunicorn(["--check-config", "./gone.mjs"], { cwd: project({}) });
    expect(stderr).toMatch(/^junicorn: .*gone\.mjs/);
    expect(code).toBe(1);
  });

  it.each([
    ["user", "nobdoy"],
    ["group", "nobdoy"],
    ["pidfile", "run/\0.pid"],
    ["chdir", "a\0"],
  ])("is 1 for the %s %j, and names the setting", async (setting, value) => {
    const cwd = project({ "app.mjs": FETCH_APP, "junicorn.config.json": JSON.stringify({ [setting]: value }) });
    const { code, stderr } = await runJunicorn(["--check-config", "app.mjs"], { cwd });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^junicorn: .*\n$/) });
    expect(stderr).toContain(setting);
  });

  it("--print-config prints all settings and checks too", async () => {
    const cwd = project({ "app.mjs": FETCH_APP, "junicorn.config.json": '{"timeout": 5}' });
    const good = await runJunicorn(["--print-config", "-w", "2", "app.mjs"], { cwd });
    expect(good).toMatchObject({ code: 0, stderr: "" });
    expect(good.stdout).toMatch(/^timeout = 5 +# .*junicorn\.config\.json$/m);
    expect(good.stdout).toMatch(/^workers = 2 +# --workers$/m);
    const bad = await runJunicorn(["--print-config", "gone.mjs"], { cwd });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain("timeout = 5");
  });
});

describe("serving", () => {
  it("takes what the config file says, in its directory, and stops with 0", async () => {
    const cwd = project({
      "site/app.mjs": FETCH_APP,
      "site/junicorn.config.ts":
        'export default { app: "app.mjs:default", bind: "127.0.0.1:0" as string, workers: 2 };\n',
    });
    const server = await startJunicorn({ app: "--chdir=site", bind: null, cwd });
    await server.waitForWorkers(2);
    const response = await fetch(`${server.origin}/`);
    expect(await response.text()).toBe("hello");
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it("writes the error log to the file it was told", async () => {
    const cwd = project({ "app.mjs": FETCH_APP });
    const server = await startJunicorn({ app: "app.mjs", args: ["--log-file", "error.log"], cwd, ready: false });
    const log = (): string => readFileSync(join(cwd, "error.log"), { encoding: "utf8", flag: "a+" });
    await poll(() => /Listening at:/.test(log()), { what: () => `a line in ${log()} or ${server.output}` });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(log()).toMatch(/Shutting down/);
    expect(server.output).toBe("");
  });
});
