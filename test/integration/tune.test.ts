/**
 * `junicorn tune` and `junicorn bench`, as they are typed. Speeds are for no test to say; which class suits an application that computes, and one that waits, is.
 * The long form, `npm run test:tune`, compares with everything within reach: see tune-grid.test.ts.
 */

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startJunicorn, APPS, runJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { descendants, isAlive } from "../support/processes.ts";
import { temporaryFolder } from "../support/tools.ts";

interface Candidate {
  workerClass: string;
  workers: number;
  threads: number;
}

interface Result {
  recommended: { candidate: Candidate } | null;
  standings: { candidate: Candidate; rank: string; runs: number }[];
  rivals: Candidate[];
  clear: boolean;
  reasons: string[];
  command: string;
  interrupted: boolean;
}

const CWD = join(APPS, "tune");
/** Half a second is little, but what is told apart here is far apart. */
const SHORT = ["--time", "13", "--seconds", "0.5"];

async function tune(args: string[], cwd = CWD) {
  const { code, stdout, stderr } = await runJunicorn(["tune", "--json", ...SHORT, ...args], {
    cwd,
    exitWithin: 60_000,
  });
  expect(code, stderr).toBe(0);
  return { result: JSON.parse(stdout) as Result, stderr };
}

describe("junicorn tune", () => {
  it("picks a class in which requests compute apart from each other for an application that computes, or says that it cannot tell", async () => {
    const { result, stderr } = await tune(["cpu.mjs"]);
    const apart = ({ workerClass, workers, threads }: Candidate): boolean =>
      workerClass !== "async" && workers * threads > 1;
    // On a machine that is as busy with something else as the tests' may be.
    const doubted = !result.clear && result.rivals.some(apart);
    expect(apart(result.recommended!.candidate) || doubted, `${result.reasons.join("\n")}\n${stderr}`).toBe(true);
    expect(result.reasons.some((reason) => reason.startsWith("Too close to call: "))).toBe(result.rivals.length > 0);
  });

  it("picks async for one that waits, and writes it into the config file", { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "app.mjs"), readFileSync(join(CWD, "io.mjs")));
    writeFileSync(
      join(folder, "junicorn.config.mjs"),
      "// ours\nexport default { workers: 8, pidfile: '/nowhere/pid' };\n",
    );
    const { result, stderr } = await tune(["--write", "app.mjs"], folder);
    const { workerClass, workers } = result.recommended!.candidate;
    expect(workerClass).toBe("async");
    expect(result.command).toMatch(/^junicorn --worker-class async --workers \d+ app\.mjs$/);
    expect(readFileSync(join(folder, "junicorn.config.mjs"), "utf8")).toBe(
      `// ours\nexport default { workers: ${workers}, pidfile: '/nowhere/pid', workerClass: 'async' };\n`,
    );
    expect(stderr).toMatch(/round 1: async \d+: [\d,]+ requests\/s, p99 .*; best so far: async/);
  });

  it("tells what it knows after Ctrl-C, and leaves no process behind", async () => {
    const server = await startJunicorn({
      app: "io.mjs",
      args: ["tune", "--time", "60"],
      bind: null,
      ready: false,
      cwd: CWD,
    });
    await server.waitFor(/round 1: async/);
    // Between two runs there is a moment without any.
    const started = await poll(() => {
      const pids = descendants(server.pid);
      return pids.length > 0 && pids;
    });
    server.signal("SIGINT");
    expect(await server.exited()).toMatchObject({ code: 130 });
    expect(server.stdout).toMatch(/^Recommended: async with \d worker/);
    expect(server.stdout).toMatch(/It was interrupted after \d+ runs?: /);
    expect(server.stdout).not.toContain("failed");
    await poll(() => started.every((pid) => !isAlive(pid)), { what: () => "all its processes gone" });
  });

  it("leaves neither process nor file behind when it is killed", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "app.mjs"), readFileSync(join(CWD, "io.mjs")));
    writeFileSync(join(folder, "junicorn.config.json"), "{}");
    const server = await startJunicorn({
      app: "app.mjs",
      args: ["tune", "--time", "60"],
      bind: null,
      ready: false,
      cwd: folder,
      env: { TMPDIR: folder },
    });
    const copies = (): string[] => readdirSync(folder).filter((name) => name.startsWith("junicorn-measure-"));
    // The server with its worker, and who sees to it that they end.
    await poll(() => descendants(server.pid).length >= 3 && copies().length === 1, { what: () => server.stderr });
    const started = descendants(server.pid);
    server.signal("SIGKILL");
    await server.exited();
    await poll(() => started.every((pid) => !isAlive(pid)), { what: () => "all its processes gone" });
    expect(copies()).toEqual([]);
  });

  it("shows the first error of an application that fails", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "app.mjs"), "export default { fetch() { throw new Error('no database'); } };\n");
    const { code, stderr } = await runJunicorn(["tune", "app.mjs"], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/junicorn: GET \/ is answered 500: .*\nlog: .*\[ERROR\].*/);
  });

  it("shows why an application does not load, as the server does, with its exit status", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "app.mjs"), "\nthrow new Error('not today');\n");
    const { code, stderr } = await runJunicorn(["tune", "app.mjs"], { cwd: folder });
    expect(code).toBe(4);
    expect(stderr).toContain("not today");
    expect(stderr).toMatch(/> 2 [|│] throw new Error/);
  });

  it.each([
    [["--pth", "/x", "io.mjs"], "junicorn tune has no option --pth; did you mean --path?"],
    [["--p99", "fast", "io.mjs"], '--p99: "fast" is not valid: expected a number and ms or s, such as 50ms'],
    [
      ["--max-memory", "512", "io.mjs"],
      '--max-memory: "512" is not valid: expected a number and KB, MB or GB, such as 512MB',
    ],
    [
      ["--classes", "async,green", "io.mjs"],
      '--classes: "async,green" is not valid: expected some of sync, gthread, async',
    ],
    [["-w", "4", "io.mjs"], "--workers is what junicorn tune looks for"],
    [[], "as in: junicorn tune server.js; junicorn tune --help tells more"],
  ])("refuses %j by name", async (args, message) => {
    const { code, stderr } = await runJunicorn(["tune", ...args], { cwd: CWD });
    expect(stderr).toContain(message);
    expect(code).toBe(args.length === 0 ? 1 : 2);
  });
});

describe("junicorn bench", () => {
  it("measures the classes side by side, and writes a report", async () => {
    const folder = temporaryFolder();
    const report = join(folder, "report.html");
    const args = [
      "bench",
      "--runs",
      "1",
      "--seconds",
      "0.5",
      "--workers",
      "1",
      "--report",
      report,
      "--path",
      "/a",
      "io.mjs",
    ];
    const { code, stdout, stderr } = await runJunicorn(args, { cwd: CWD });
    expect(code, stderr).toBe(0);
    for (const name of ["sync 1", "gthread 1×4", "async 1"]) expect(stdout).toMatch(new RegExp(`^${name} `, "m"));
    expect(readFileSync(report, "utf8")).toContain("async 1");
  });
});
