/** The package as a user gets it: packed, installed into an empty folder without a compiler and without install scripts, and run. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask } from "../support/ask.ts";
import { ROOT, runJunicorn, startJunicorn } from "../support/junicorn.ts";
import { packInto } from "../support/packed.ts";

const require = createRequire(import.meta.url);
const directory = mkdtempSync(join(tmpdir(), "junicorn-package-"));
const project = join(directory, "project");
const installed = join(project, "node_modules", "junicorn");
const command = join(project, "node_modules", ".bin", "junicorn");

/** All the commands there are: no compiler, no make, no python. */
const bare = join(directory, "bin");
const environment = { PATH: bare };

const packed: { path: string; size: number }[] = [];
let size = 0;

beforeAll(() => {
  mkdirSync(bare);
  mkdirSync(project);
  symlinkSync(process.execPath, join(bare, "node"));
  for (const name of ["npm", "sh"])
    symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(bare, name));
  const tarball = packInto(directory);
  packed.push(...tarball.files);
  size = tarball.size;
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(project, "app.js"), `export default { fetch: () => new Response("hello") };\n`);
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", tarball.path];
  execFileSync(join(bare, "npm"), install, { cwd: project, env: { ...process.env, ...environment }, stdio: "pipe" });
}, 120_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the package", () => {
  it("has what runs, and nothing else", () => {
    const paths = packed.map(({ path }) => path);
    expect(paths).toContain("dist/cli/main.js");
    expect(paths).toContain("dist/index.d.ts");
    expect(paths).toContain(`native/prebuilds/linux-${process.arch}/junicorn.glibc.node`);
    expect(paths.filter((path) => !/^(dist|deploy|native|package\.json|README\.md|LICENSE)/.test(path))).toEqual([]);
    expect(paths.filter((path) => /\.map$|tsbuildinfo|^native\/build/.test(path))).toEqual([]);
    expect(size).toBeLessThan(1_200_000); // with the addons of all platforms
  });

  it("has an addon that loads wherever the binaries of Node 20 do", () => {
    const addon = join(installed, "native", "prebuilds", `linux-${process.arch}`, "junicorn.glibc.node");
    const wanted = readFileSync(addon, "latin1").match(/\bGLIBC(?:XX)?_\d[\d.]*/g) ?? [];
    const [libc, libstdcxx] = ["GLIBC", "GLIBCXX"].map((library) =>
      wanted
        .filter((name) => name.startsWith(`${library}_`))
        .map((name) => Number(name.split(".")[library === "GLIBC" ? 1 : 2] ?? 0)),
    );
    expect(Math.max(...libc!)).toBeLessThanOrEqual(28); // glibc 2.28
    expect(Math.max(...libstdcxx!)).toBeLessThanOrEqual(25); // libstdc++ 3.4.25, of GCC 8
  });

  it("brings as many packages as docs/dependencies.md says", () => {
    const folders = readdirSync(join(project, "node_modules"), { withFileTypes: true });
    const names = folders.flatMap(({ name }) => {
      if (name.startsWith(".")) return [];
      return name.startsWith("@")
        ? readdirSync(join(project, "node_modules", name)).map((sub) => `${name}/${sub}`)
        : [name];
    });
    const text = readFileSync(join(ROOT, "docs", "dependencies.md"), "utf8");
    // Binaries are one for each platform, and scripts that are off leave out none.
    const others = names.filter((name) => name !== "junicorn" && !/-(x64|arm64)/.test(name));
    expect(others.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it.each(["sync", "gthread", "async"])("serves in the %s class without a compiler", async (workerClass) => {
    const server = await startJunicorn({
      app: "app.js",
      main: command,
      cwd: project,
      env: environment,
      args: [
        "-k",
        workerClass,
        ...(workerClass === "async" ? ["--http-engine", process.version.startsWith("v20.") ? "uws" : "auto"] : []),
      ],
    });
    expect((await ask(server.port, "/")).body).toBe("hello");
  });

  it("finds nothing to mend in itself", async () => {
    const { stdout } = await runJunicorn(["doctor", "--json", "app.js"], {
      main: command,
      cwd: project,
      env: environment,
    });
    const { findings } = JSON.parse(stdout) as { findings: { check: string; level: string }[] };
    const own = findings.filter(({ check }) => ["node", "addon", "application"].includes(check));
    expect(own.map(({ level }) => level)).toEqual(["ok", "ok", "ok"]);
  });

  it("says what to do where it has no addon", async () => {
    rmSync(join(installed, "native", "prebuilds", `linux-${process.arch}`, "junicorn.musl.node"), { force: true });
    const env = { ...environment, LIBC: "musl" };
    const { code, stderr } = await runJunicorn(["app.js"], { main: command, cwd: project, env });
    expect(code).toBe(1);
    expect(stderr).toContain("no binary for musl (Alpine): use a system with glibc, such as node:22-bookworm-slim, or");
  });

  it("has types, also of its parts", () => {
    const file = `import { defineConfig } from "junicorn"; import * as app from "junicorn/app"; import * as worker from "junicorn/worker";
export const config = defineConfig({ workers: 2, bind: "unix:/run/a.sock" }); export { app, worker };
// @ts-expect-error: there is no such class of values
defineConfig({ workers: {} });\n`;
    writeFileSync(join(project, "types.ts"), file);
    const compiler = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
    const types = join(dirname(require.resolve("@types/node/package.json")), "..");
    const options = "--noEmit --strict --skipLibCheck --module nodenext --target es2024 --types node --typeRoots".split(
      " ",
    );
    execFileSync(process.execPath, [compiler, ...options, types, "types.ts"], { cwd: project, encoding: "utf8" });
    expect(readdirSync(join(installed, "dist"))).toContain("index.d.ts");
  });
});
