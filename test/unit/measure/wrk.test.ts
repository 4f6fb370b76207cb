import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { LoadOptions } from "../../../src/measure/load/options.ts";
import { prepareWrk, readWrk } from "../../../src/measure/load/wrk.ts";
import { temporaryFolder } from "../../support/tools.ts";

const OPTIONS: LoadOptions = { at: 8000, driver: "wrk", connections: 8, seconds: 2 };

describe("wrk's output", () => {
  const line =
    'junicorn-wrk {"duration":2000000,"requests":100,"bytes":5000,"connect":0,"read":2,"write":0,"status":10,"timeout":0,"latencies":[[500,90],[20000,10]]}';

  it("is read: answers that are none do not count as such, and errors are told apart", () => {
    const result = readWrk(`Running 2s test\n  1 threads\n${line}\n`, OPTIONS);
    expect(result).toMatchObject({ requests: 90, requestsPerSecond: 45, bytesPerSecond: 2500, seconds: 2, errors: 12 });
    expect(result.firstError).toBe("10 answers of 400 and above, 2 reads that failed");
    expect(result.latency.p50).toBeCloseTo(0.5, 1);
    expect(result.latency.p99).toBeGreaterThan(19);
  });

  it("that is something else is shown", () => {
    expect(() => readWrk("unable to connect to 127.0.0.1:8000 Connection refused", OPTIONS)).toThrow(
      "Connection refused",
    );
  });
});

describe("wrk's script", () => {
  it("carries any text", () => {
    const body = 'quotes " and \\ and \n and é and ]]';
    const options = { ...OPTIONS, method: "POST", body, headers: { "X-A": '"' } };
    const command = prepareWrk(options, temporaryFolder());
    const file = command[command.indexOf("-s") + 1]!;
    const script = readFileSync(file, "utf8");
    // Lua reads \ddd as a byte.
    expect(script).toContain('"quotes \\034 and \\092 and \\010 and \\195\\169 and ]]"');
    expect(script).not.toContain("é");
  });
});
