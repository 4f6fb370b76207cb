/** `junicorn doctor`, as it is typed. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { APPS, runJunicorn } from "../support/junicorn.ts";
import { HAS_UWS } from "../support/uws.ts";

interface Found {
  check: string;
  level: string;
  text: string;
  fix: string | null;
}

/** What is right with the machine that runs the tests is not for a test to say: only what it is about is looked at. */
async function doctor(args: string[], options: Parameters<typeof runJunicorn>[1] = {}) {
  const { code, stdout, stderr } = await runJunicorn(["doctor", "--json", ...args], options);
  const { healthy, findings } = JSON.parse(stdout) as { healthy: boolean; findings: Found[] };
  expect(healthy).toBe(code === 0);
  expect(code).toBe(findings.some(({ level }) => level === "fail") ? 1 : 0);
  return { of: (check: string) => findings.filter((finding) => finding.check === check), stderr };
}

const TALKATIVE = `console.log("hello from the application"); export default { fetch: () => new Response("x") };\n`;

describe("junicorn doctor", () => {
  it("loads the application, whose output stays out of the JSON", async () => {
    const directory = mkdtempSync(join(tmpdir(), "junicorn-doctor-"));
    writeFileSync(join(directory, "app.mjs"), TALKATIVE);
    const { of, stderr } = await doctor(["-b", "127.0.0.1:0", "app.mjs"], { cwd: directory });
    expect(of("application")).toMatchObject([{ level: "ok", text: expect.stringContaining("fetch") }]);
    expect(of("addon")).toMatchObject([{ level: "ok" }]);
    expect(stderr).toContain("hello from the application");
  });

  it("reads the config file, and fails on what would not start", async () => {
    const directory = mkdtempSync(join(tmpdir(), "junicorn-doctor-"));
    writeFileSync(
      join(directory, "junicorn.config.json"),
      JSON.stringify({ pidfile: "/nowhere/x.pid", app: "./no.mjs" }),
    );
    const { of } = await doctor([], { cwd: directory });
    expect(of("paths")).toMatchObject([{ level: "fail", text: expect.stringContaining("/nowhere does not exist") }]);
    expect(of("application")).toMatchObject([{ level: "fail", text: expect.stringContaining("no.mjs") }]);
  });

  it("names who has the port", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((listening) => server.once("listening", listening));
    const { port } = server.address() as { port: number };
    const { of } = await doctor(["-b", `127.0.0.1:${port}`]);
    expect(of("address")[0]).toMatchObject({ level: "fail", text: expect.stringContaining(`process ${process.pid}`) });
  });

  it("says that there is no binary of the addon", async () => {
    const nothing = mkdtempSync(join(tmpdir(), "junicorn-doctor-"));
    const { of } = await doctor(["fetch.mjs"], { env: { JUNICORN_NATIVE_PREBUILD: nothing }, cwd: APPS });
    expect(of("addon")).toMatchObject([{ level: "fail", fix: expect.stringContaining("build:native") }]);
    expect(of("application")).toEqual([]);
  });

  it.each([
    ["auto", "warn"],
    ["uws", "fail"],
  ])("says why uWebSockets.js does not load, with --http-engine %s", async (engine, level) => {
    const nodeArgs = withoutModules("uWebSockets.js", "uWebSockets.js-newer");
    const { of } = await doctor(["-k", "async", `--http-engine=${engine}`], { nodeArgs });
    expect(of("uws")).toMatchObject([{ level, text: expect.stringContaining("GLIBC_9.9") }]);
  });

  it.runIf(HAS_UWS)("is content with the uWebSockets.js for newer Nodes where the other does not load", async () => {
    // Its part in JavaScript finds the binary for this Node, whichever version brings it.
    const { of } = await doctor(["-k", "async"], { nodeArgs: withoutModules("uWebSockets.js") });
    expect(of("uws")).toMatchObject([{ level: "ok" }]);
  });

  it("prints what is wrong last, with what to do, and counts it", async () => {
    const { code, stdout } = await runJunicorn(["doctor", "-b", "127.0.0.1:0", "-k", "async", "--behind", "alb"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /fail +keep-alive +alb keeps idle connections for 60 s[^]*fix: --keep-alive 65[^]*\n1 failure, .*ok\n$/,
    );
  });

  it("tells mistakes as the server does", async () => {
    expect(await runJunicorn(["doctor", "--behind", "ngnix"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean nginx?"),
    });
    expect(await runJunicorn(["doctor", "--workerz", "2"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean --workers?"),
    });
    expect((await runJunicorn(["doctor", "--help"])).stdout).toContain("--behind PROXY");
  });
});

// --- internal ---

/** Options for a Node to which these modules are linked against something that it does not have. */
function withoutModules(...names: string[]): string[] {
  const hook = join(mkdtempSync(join(tmpdir(), "junicorn-doctor-")), "hook.cjs");
  writeFileSync(
    hook,
    `const Module = require("node:module"); const load = Module._load;
Module._load = (name, ...rest) => {
  if (${JSON.stringify(names)}.includes(name)) throw new Error("it is\\nlinked against GLIBC_9.9");
  return load(name, ...rest);
};`,
  );
  return ["--require", hook];
}
