/** The same under wrk's full load on kept connections: it counts what breaks, and nothing may. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { runTool } from "../support/tools.ts";
import { FULL, record, row, start, SUBJECTS } from "./steady.ts";

const SECONDS = FULL ? 30 : 3;

row(
  `wrk for ${SECONDS} s`,
  async (subject, context) => {
    const server = await start(context, subject, ["--max-requests", "20000", "--max-requests-jitter", "5000"]);
    const wrk = runTool("wrk", ["-t1", "-c16", `-d${SECONDS}s`, "--timeout", "10s", `${server.origin}/hello`]);
    const steps = ["SIGHUP", "SIGTTIN", "SIGTTOU"] as const;
    for (let second = 0; second < SECONDS - 1; second++) {
      await sleep(1000);
      server.signal(steps[second % steps.length]!);
    }
    const output = await wrk;
    const requests = Number(/(\d+) requests in/.exec(output)![1]);
    // wrk is silent about errors that did not happen.
    const errors = /^ *(Socket errors|Non-2xx).*/gm;
    const broken = [...output.matchAll(errors)].map(([line]) => line.trim());
    record(
      `wrk for ${SECONDS} s, with HUP, TTIN, TTOU and --max-requests`,
      subject,
      requests,
      broken.length,
      broken.join("; "),
    );
    expect(broken, `${output}\n${server.output.slice(-3000)}`).toEqual([]);
    expect(requests).toBeGreaterThan(1000);
  },
  FULL ? SUBJECTS : SUBJECTS.slice(-1),
);
