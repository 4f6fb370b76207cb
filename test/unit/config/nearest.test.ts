import { describe, expect, it } from "vitest";
import { nearest } from "../../../src/base/nearest.ts";

const NAMES = ["workers", "workerClass", "workerConnections", "bind", "backlog", "timeout", "keepAlive"];

describe("nearest", () => {
  it.each([
    ["wrokers", "workers"],
    ["worker", "workers"],
    ["WORKER_CLASS", "workerClass"],
    ["worker-clas", "workerClass"],
    ["bnid", "bind"],
    ["time_out", "timeout"],
    ["keepalive", "keepAlive"],
  ])("%s → %s", (typed, name) => {
    expect(nearest(typed, NAMES)).toBe(name);
  });

  it.each(["port", "x", "", "compression"])("has nothing near %j", (typed) => {
    expect(nearest(typed, NAMES)).toBeUndefined();
  });
});
