/** A recommendation in the config file. */

import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeRecommendation } from "../../../src/cli/tune/write.ts";
import type { Settings } from "../../../src/config/settings/index.ts";
import { loadConfigFile } from "../../../src/config/file/load.ts";
import type { Candidate } from "../../../src/tune/candidate.ts";
import { temporaryFolder } from "../../support/tools.ts";

const ASYNC: Candidate = { workerClass: "async", workers: 2, threads: 1, workerConnections: null };
const GTHREAD: Candidate = { workerClass: "gthread", workers: 1, threads: 4, workerConnections: 1900 };
const SYNC: Candidate = { workerClass: "sync", workers: 4, threads: 1, workerConnections: null };

async function write(candidate: Candidate, name: string | null, text = "") {
  const folder = temporaryFolder();
  const file = name === null ? null : join(folder, name);
  if (file !== null) writeFileSync(file, text);
  const written = await writeRecommendation(candidate, { config: file, chdir: folder } as Settings);
  return { written, folder, file: file ?? join(folder, "junicorn.config.ts") };
}

describe("a recommendation", () => {
  it("makes a config file where there is none", async () => {
    const { written, file } = await write(GTHREAD, null);
    expect(written).toEqual({ file });
    expect(await loadConfigFile(file)).toEqual({
      workerClass: "gthread",
      workers: 1,
      threads: 4,
      workerConnections: 1900,
    });
  });

  it("goes into the one that is there, whose mode and other settings stay, and nothing is left beside it", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "etc"));
    const real = join(folder, "etc", "real.mjs");
    writeFileSync(real, 'const name = "x";\nexport default {\n  name,\n  threads: 4,\n  onExit() {},\n};\n');
    chmodSync(real, 0o640);
    symlinkSync(real, join(folder, "junicorn.config.mjs"));
    const settings = { config: join(folder, "junicorn.config.mjs"), chdir: folder } as Settings;
    expect(await writeRecommendation(SYNC, settings)).toMatchObject({ problem: expect.stringContaining("name") });
    writeFileSync(real, readFileSync(real, "utf8").replace("  name,", "  procName: name,"));
    expect(await writeRecommendation(SYNC, settings)).toEqual({ file: real });
    // Threads would make gthread of it.
    expect(readFileSync(real, "utf8")).toBe(
      'const name = "x";\nexport default {\n  procName: name,\n  threads: 1,\n  onExit() {},\n  workerClass: "sync",\n  workers: 4,\n};\n',
    );
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(readdirSync(join(folder, "etc"))).toEqual(["real.mjs"]);
  });

  it.each([
    [
      "workers are computed",
      "export default { workers: Number(process.env.N ?? 4) };",
      "line 1: workers is not a plain value there",
    ],
    [
      "a spread would win",
      "const base = { workers: 8 };\nexport default { workers: 4, ...base };",
      "it would not say what it says now",
    ],
    [
      "it is a function",
      "export default () => ({ workers: 4 });",
      "its default export is not an object that is written there",
    ],
  ])("is not written where %s: the file stays as it is", async (_, text, problem) => {
    const { written, file, folder } = await write(ASYNC, "junicorn.config.mjs", text);
    expect(written).toMatchObject({ problem: expect.stringContaining(problem) });
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(readdirSync(folder)).toEqual(["junicorn.config.mjs"]);
  });

  it("says why a file cannot be written", async () => {
    const settings = { config: null, chdir: "/nowhere" } as Settings;
    expect(await writeRecommendation(ASYNC, settings)).toMatchObject({
      problem: expect.stringContaining("/nowhere/junicorn.config.ts"),
    });
  });
});
