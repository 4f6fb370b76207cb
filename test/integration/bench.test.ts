/** The measuring layer and the bench over it, with real servers and clients. Nothing here asserts a speed. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { measure, measureDuring } from "../../src/measure/load/load.ts";
import type { LoadResult } from "../../src/measure/load/options.ts";
import { allowedCpus } from "../../src/measure/server/cpu-list.ts";
import { readResults } from "../../src/measure/results.ts";
import { Fleet } from "../../src/measure/server/fleet.ts";
import { freePort } from "../../src/measure/server/ready.ts";
import { poll } from "../support/poll.ts";
import { descendants, isAlive } from "../support/processes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "junicorn-bench-test-"));
const fleet = new Fleet();
afterAll(() => {
  fleet.killAll();
  rmSync(folder, { recursive: true });
});

/** Answers at once, but for one second, from the `stalls`th request on, in which it does nothing. Every tenth of /fails fails. */
const SERVER = `
let requests = 0;
require("node:http").createServer((req, res) => {
  requests++;
  if (requests === Number(process.argv[2])) { const until = Date.now() + 1000; while (Date.now() < until); }
  if (req.url === "/fails" && requests % 10 === 0) return res.writeHead(500).end("the tenth");
  res.end("hello");
}).listen(Number(process.argv[1]), "127.0.0.1");`;

async function start(stalls = 0): Promise<{ server: ReturnType<Fleet["start"]>; at: number }> {
  const at = await freePort();
  const server = fleet.start([process.execPath, "-e", SERVER, String(at), String(stalls)]);
  await server.ready(at);
  return { server, at };
}

describe("a load", () => {
  it("at a fixed rate counts a stall of the server for all who would have come meanwhile", async () => {
    const { server, at } = await start(100);
    const load = { at, driver: "paced", connections: 8, seconds: 2, rate: 200 } as const;
    const { latency, requests, errors } = await measure(server, load, fleet);
    await fleet.stop(server);
    expect([requests, errors]).toEqual([400, 0]);
    // A second of 200 requests/s waited, each less than the one before: half of all, half a second at the middle of them.
    expect(latency.max).toBeGreaterThan(900);
    expect(latency.p90).toBeGreaterThan(500);
  });

  it("comes with what others took of the CPUs meanwhile", async () => {
    const { server } = await start();
    const other = fleet.start([process.execPath, "-e", "console.log(); for (;;);"]);
    await once(other.child.stdout!, "data");
    const nothing = { requests: 1 } as LoadResult;
    const { othersShare } = await measureDuring(server, () => sleep(600, nothing));
    await Promise.all([fleet.stop(server), fleet.stop(other)]);
    expect(othersShare * allowedCpus().length).toBeGreaterThan(0.4);
    expect(othersShare).toBeLessThanOrEqual(1);
  });

  it("of autocannon tells errors apart from answers, with the text of the first", async () => {
    const { server, at } = await start();
    const load = { at, driver: "autocannon", connections: 4, seconds: 0.5, paths: ["/fails"] } as const;
    const result = await measure(server, load, fleet);
    await fleet.stop(server);
    expect(result.firstError).toBe("status 500: the tenth");
    expect(result.errors / (result.errors + result.requests)).toBeCloseTo(0.1, 1);
    expect(result.cpuMicrosecondsPerRequest).toBeGreaterThan(0);
    expect(result.rssMiB).toBeGreaterThan(result.pssMiB);
  });
});

describe("a server", () => {
  it("that ends at once says why", async () => {
    const server = fleet.start([process.execPath, "-e", "throw new Error('no database')"]);
    await expect(server.ready(await freePort())).rejects.toThrow(/exit status 1\); it printed:[^]*no database/);
  });

  it("ends with whoever measures it, even if that is killed: by the signal that suits it, and with what it has in its folder", async () => {
    const note = join(folder, "note");
    const server = `process.on("SIGQUIT", () => { require("fs").writeFileSync(${JSON.stringify(note)}, ""); process.exit(); }); setInterval(() => {}, 1000); console.log()`;
    const code = `import { Fleet } from ${JSON.stringify(join(ROOT, "dist/measure/server/fleet.js"))};
      const fleet = new Fleet();
      const place = fleet.makeFolder("test");
      const { child } = fleet.start([process.execPath, "-e", ${JSON.stringify(server)}], { endedBy: "SIGQUIT" });
      child.stdout.once("data", () => console.log([child.pid, place].join(" ")));`;
    const measuring = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [id, place = ""] = String((await once(measuring.stdout, "data"))[0])
      .trim()
      .split(" ");
    const pid = Number(id);
    expect([isAlive(pid), existsSync(place)]).toEqual([true, true]);
    measuring.kill("SIGKILL");
    await poll(() => !isAlive(pid) && !existsSync(place), { what: "server and folder to be gone" });
    expect(existsSync(note)).toBe(true);
  });

  it("ends with whoever measures it, even if that is killed while it starts it", async () => {
    const code = `import { writeSync } from "node:fs";
      import { Fleet } from ${JSON.stringify(join(ROOT, "dist/measure/server/fleet.js"))};
      const fleet = new Fleet();
      fleet.adopt = ({ pid }) => { writeSync(1, String(pid)); process.kill(process.pid, "SIGKILL"); };
      fleet.start([process.execPath, "-e", "setInterval(() => {}, 1000)"]);`;
    const measuring = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = Number(String((await once(measuring.stdout, "data"))[0]));
    await poll(() => !isAlive(pid), { what: "the server to be gone" });
  });
});

describe("npm run bench", () => {
  it("measures a scenario, and writes table, results and report", async () => {
    const file = join(folder, "one.json");
    const { output, child } = bench(
      "hello",
      "--quick",
      "--seconds",
      "0.5",
      "--only",
      "Junicorn async,Node http",
      "--out",
      file,
    );
    const [code] = (await once(child, "close")) as [number];
    expect(code, output()).toBe(0);
    expect(output()).toMatch(/Junicorn async +16 +[\d,]+/);
    const [scenario] = readResults(file).scenarios;
    expect(scenario!.points.map(({ subject, rate }) => [subject, rate])).toEqual([
      ["Junicorn async", null],
      ["Junicorn async", 1000],
      ["Node http", null],
      ["Node http", 1000],
    ]);
    for (const point of scenario!.points) expect(point.requestsPerSecond, output()).toBeGreaterThan(0);
    expect(readFileSync(join(folder, "one.html"), "utf8")).toContain("Latency at 1,000 requests/s");
  });

  it("that is interrupted leaves no process behind, and says what is known", async () => {
    const file = join(folder, "two.json");
    writeFileSync(file, "{}");
    const { output, child } = bench("hello", "--seconds", "1", "--only", "Junicorn async,Node http", "--out", file);
    await poll(() => output().includes("round 1/3: Junicorn async, 16"), { what: output });
    const started = descendants(child.pid!);
    expect(started.length).toBeGreaterThan(2);
    child.kill("SIGINT");
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(130);
    await poll(() => started.every((pid) => !isAlive(pid)), { what: "its processes to be gone" });
    expect(output()).toMatch(/interrupted[^]*Junicorn async +16 +[\d,]+/);
    // What was there before stays: it is whole.
    expect(readFileSync(file, "utf8")).toBe("{}");
    expect(readResults(join(folder, "two.interrupted.json")).interrupted).toMatch(/interrupted/);
  });

  it("refuses what it does not know", async () => {
    const { output, child } = bench("nothing");
    expect((await once(child, "close"))[0]).toBe(2);
    expect(output()).toContain("there is no nothing");
    expect(output()).toContain("websocket");
    const unwritable = bench("hello", "--out", "/dev/null/x.json");
    expect((await once(unwritable.child, "close"))[0]).toBe(2);
    expect(unwritable.output()).toMatch(/--out \/dev\/null\/x\.json: it cannot be written: /);
    const other = bench("hello", "--only", "apache");
    expect((await once(other.child, "close"))[0]).toBe(2);
    expect(other.output()).toMatch(/--only apache: hello has no such server; it has Junicorn sync, /);
  });
});

// --- internal ---

function bench(...args: string[]): { output: () => string; child: ChildProcess } {
  const child = spawn(process.execPath, ["node_modules/jiti/lib/jiti-cli.mjs", "bench/main.ts", ...args], {
    cwd: ROOT,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => (text += more));
  return { output: () => text, child };
}
