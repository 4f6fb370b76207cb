/** What `junicorn tune` shows, while it works and when it is done. */

import { describe, expect, it } from "vitest";
import { progressOn } from "../../../src/cli/tune/progress.ts";
import { tuneView } from "../../../src/cli/tune/view.ts";
import { styleFor, widthOf } from "../../../src/base/terminal/style.ts";
import { nameOf } from "../../../src/tune/candidate.ts";
import { reasonsOf } from "../../../src/tune/reasons.ts";
import type { Goal } from "../../../src/tune/sample.ts";
import { type Model, NO_LIMITS, searchOn } from "../tune/simulated.ts";

const PLAIN = styleFor({ isTTY: false }, {});
const MACHINE = { cpus: 2, seed: 1, drift: 0.2, noise: 0.03 };

async function shown(model: Model, { goal = NO_LIMITS, width = 100 }: { goal?: Goal; width?: number } = {}) {
  const { finding, steps } = await searchOn(model, MACHINE, { goal });
  const reasons = reasonsOf(finding, { goal, cpus: 2, connections: 64 });
  const lines = tuneView({ finding, reasons, command: "junicorn app.js" }, { width, style: PLAIN });
  return { finding, steps, reasons, lines, text: lines.join("\n") };
}

describe("the result", () => {
  it("says what to do, why, and shows all that was tried", async () => {
    const { lines, reasons, text } = await shown({ cpuMs: 10, waitMs: 0 });
    expect(lines.slice(0, 2)).toEqual(["Recommended: gthread with 1 worker of 2 threads", "  junicorn app.js"]);
    expect(reasons[0]).toMatch(
      /^It served \d+ requests\/s, 99 of 100 within \d+ ms; the best of the other classes, sync \d+ \d+ \(\d\.\d\d ×\) and async/,
    );
    expect(reasons[1]).toContain("A request costs the server 10 ms of CPU time: 2 CPUs can serve about 200 a second");
    expect(text).toMatch(/^gthread 1×2 +█+[▏▎▍▌▋▊▉]? .* recommended$/m);
    expect(text).toMatch(/^async 1 .* slower$/m);
    expect(reasons.join(" ")).toMatch(/As fast, within \d+ %: sync 2, which takes \d+ MiB more/);
  });

  it("tells waiting from computing", async () => {
    const { reasons } = await shown({ cpuMs: 0.1, waitMs: 20 });
    expect(reasons.join(" ")).toContain("it waits for most of the time. In async all 64 can wait at once");
  });

  it("says that the load generator was the limit", async () => {
    const { reasons } = await shown({ cpuMs: 0.03, waitMs: 0, loadRate: 20_000 });
    expect(reasons.join(" ")).toMatch(
      /The load generator's core was full: .* Differences below \d+ % are not visible\./,
    );
  });

  it("says that it is too close to call, between whom, and what others took of the CPUs", async () => {
    const machine = { cpus: 2, seed: 3, drift: 0.2, noise: 0.1, others: 0.8 };
    const { finding } = await searchOn({ cpuMs: 10, waitMs: 0 }, machine, { budgetMs: 30_000 });
    expect(finding.rivals.length).toBeGreaterThan(0);
    const reasons = reasonsOf(finding, { goal: NO_LIMITS, cpus: 2, connections: 64 });
    const [head = ""] = tuneView({ finding, reasons, command: "junicorn app.js" }, { width: 100, style: PLAIN });
    expect(head).toMatch(/^Recommended: .* \(too close to call\)$/);
    expect(reasons.at(-1)).toContain(`Too close to call: ${nameOf(finding.rivals[0]!)}`);
    expect(reasons.at(-2)).toMatch(/^Others on this machine took \d\d % of its CPUs meanwhile: /);
  });

  it("says how it stands to the limits that it keeps", async () => {
    const goal = { ...NO_LIMITS, maxMemoryBytes: 2 ** 30, p99Ms: 500 };
    const { reasons } = await shown({ cpuMs: 0.1, waitMs: 20 }, { goal });
    expect(reasons[1]).toMatch(/^It takes [\d.]+ MiB of the 1\.0 GiB allowed\.$/);
    expect(reasons[2]).toMatch(/^Its p99 is [\d.]+ ms, and 500 ms is allowed\.$/);
  });

  it("says why there is none, and what would help", async () => {
    const { text, reasons } = await shown({ cpuMs: 10, waitMs: 0 }, { goal: { ...NO_LIMITS, p99Ms: 5 } });
    expect(text).toMatch(/^Nothing to recommend\n/);
    expect(text).toMatch(/: its p99 is .*, and 5\.0 ms is allowed\./);
    expect(reasons.at(-1)).toContain("--rate sends as many as you expect");
  });

  it.each([40, 60, 80])("fits into %i columns", async (width) => {
    const { lines } = await shown({ cpuMs: 10, waitMs: 0 }, { width });
    // What is to be copied stays whole.
    for (const line of lines.slice(3)) expect(widthOf(line), line).toBeLessThanOrEqual(width);
  });
});

describe("progress", () => {
  it("is one line on a terminal, never wider than it, and leaves the cursor as it was", async () => {
    const { steps } = await shown({ cpuMs: 10, waitMs: 0 });
    const written: string[] = [];
    const style = styleFor({ isTTY: true }, {});
    let now = 0;
    const progress = progressOn(
      { isTTY: true, columns: 60, write: (text) => written.push(text) },
      style,
      75_000,
      () => (now += 1000),
    );
    progress.say("sending each request once");
    for (const step of steps) progress.step(step);
    progress.end();
    const lines = written.slice(1, -1).map((text) => text.replace("\r\x1b[K", ""));
    for (const line of lines) expect(widthOf(line), line).toBeLessThan(60);
    expect(lines.join("\n")).toMatch(/trying sync 2, .*best so far gthread 1×2/);
    expect(written.join("")).not.toContain("\n");
    expect(written.at(-1)).toBe("\r\x1b[K\x1b[?25h");
  });

  it("is a line for each run elsewhere", async () => {
    const { steps, finding } = await shown({ cpuMs: 10, waitMs: 0 });
    const written: string[] = [];
    const progress = progressOn({ write: (text) => written.push(text) }, PLAIN, 75_000, () => 0);
    for (const step of steps) progress.step(step);
    expect(written).toHaveLength(finding.runs);
    expect(written[1]).toMatch(
      /^\d+ %, round 1: gthread 1×2: \d+ requests\/s, p99 \d+ ms, \d+ MiB; best so far: .*\/s\n$/,
    );
  });
});
