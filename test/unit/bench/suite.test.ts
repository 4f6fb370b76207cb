import { describe, expect, it } from "vitest";
import { narrowed, PLANS } from "../../../bench/plans.ts";
import { estimate, fit } from "../../../bench/suite/budget.ts";
import { placementFor } from "../../../bench/suite/cores.ts";
import { parseCpuList } from "../../../src/measure/server/cpu-list.ts";
import { merged } from "../../../bench/suite/main.ts";
import { stepsOf, type SuiteOptions, subjectsOf } from "../../../bench/suite/run.ts";
import { SCENARIOS } from "../../../bench/suite/scenarios.ts";
import type { Results, ScenarioResult } from "../../../src/measure/results.ts";

const OPTIONS: SuiteOptions = {
  runs: 3,
  seconds: 2,
  connections: [],
  driver: null,
  only: [],
  quick: false,
  thin: false,
};

describe("a compare of only some servers", () => {
  const [sync, engine] = [PLANS["sync"]!, PLANS["engine"]!];

  it("has those whose names contain one of the texts, and the bars between them", () => {
    const [plan, ...others] = narrowed([sync, engine], ["junicorn sync, node", "gunicorn"]);
    expect(others).toEqual([]);
    expect(plan!.subjects.map(({ name }) => name)).toEqual(["Junicorn sync, node", "Gunicorn sync"]);
    expect(plan!.bars).toEqual([{ subject: "Junicorn sync, node", factor: 3, of: "Gunicorn sync" }]);
  });

  it("has all without a text", () => {
    expect(narrowed([sync, engine], [])).toEqual([sync, engine]);
  });

  it("is refused where no server is left, naming those that there are", () => {
    expect(() => narrowed([engine], ["apache"])).toThrow(
      /--only apache: no such server; there are .*Node http, keep-alive/,
    );
  });
});

describe("the table of scenarios", () => {
  it("has what the classes are for: computing, waiting, bodies, slow clients, WebSockets", () => {
    expect(Object.keys(SCENARIOS)).toEqual([
      ...["hello", "hash", "transform", "mixed", "timer", "upstream", "postgres"],
      ...["post", "download", "upload", "slow", "websocket"],
    ]);
  });

  it.each(Object.entries(SCENARIOS))(
    "measures %s in closed loops, each class that can, and somebody else",
    (_, scenario) => {
      const subjects = subjectsOf(scenario, OPTIONS);
      const classes = Object.keys(scenario.shapes);
      const unable = Object.keys(scenario.unable ?? {});
      expect([...classes, ...unable].toSorted()).toEqual(["async", "gthread", "sync"]);
      for (const name of classes) expect(subjects.map((subject) => subject.name)).toContain(`Junicorn ${name}`);
      expect(subjects.map(({ kind }) => kind)).toContain("peer");
      expect(stepsOf(scenario, OPTIONS).filter(({ rate }) => rate === null)).toHaveLength(scenario.connections.length);
    },
  );

  it("can be cut down: to some servers, other concurrencies, or a quick try", () => {
    const hello = SCENARIOS["hello"]!;
    expect(subjectsOf(hello, { only: ["bun", "ASYNC"] }).map(({ name }) => name)).toEqual(["Junicorn async", "Bun"]);
    expect(stepsOf(hello, { ...OPTIONS, connections: [7] }).map(({ connections }) => connections)).toEqual([7, 32]);
    expect(stepsOf(hello, { ...OPTIONS, quick: true })).toHaveLength(2);
    expect(stepsOf(hello, { ...OPTIONS, thin: true }).map(({ connections }) => connections)).toEqual([1, 128, 32]);
  });
});

describe("a budget", () => {
  const names = Object.keys(SCENARIOS);

  it("is kept, with as many runs as fit", () => {
    const whole = fit(names, OPTIONS, 20 * 60)!;
    expect(whole.runs).toBeGreaterThanOrEqual(3);
    expect(estimate(names, whole)).toBeLessThanOrEqual(20 * 60);
    expect(fit(["hello"], OPTIONS, 20 * 60)).toMatchObject({ runs: 5 });
  });

  it("that nothing fits into is told so", () => {
    expect(fit(names, OPTIONS, 30)).toBeNull();
  });
});

describe("cores", () => {
  it("are read as the kernel writes them", () => {
    expect(parseCpuList("0-3,8\n")).toEqual([0, 1, 2, 3, 8]);
    expect(parseCpuList("5")).toEqual([5]);
  });

  it("are the server's first, and then the client's", () => {
    expect(placementFor(1, [0, 1])).toEqual({ server: "0", client: "1" });
    expect(placementFor(2, [4, 5, 6])).toEqual({ server: "4,5", client: "6" });
    expect(placementFor(2, [0, 1])).toEqual({ server: "0,1", client: undefined });
    expect(placementFor(1, [0])).toEqual({ server: undefined, client: undefined });
  });
});

describe("results that are merged", () => {
  const scenario = (name: string, about: string): ScenarioResult => ({
    name,
    title: name,
    about,
    points: [],
    leftOut: [],
  });
  const results = (command: string, ...scenarios: ScenarioResult[]): Results => ({
    ...{ version: 1, title: "x", command, date: "2026-01-01T00:00:00.000Z", junicorn: "1", scenarios },
    machine: { processor: "x", cores: 2, memoryGiB: 4, linux: "6", node: "v20", loadAverage: 0 },
  });

  it("have each scenario once, the later one, in the table's order, and all commands", () => {
    const both = merged(
      results("one", scenario("timer", "old"), scenario("websocket", "old")),
      results("two", scenario("timer", "new"), scenario("hello", "new")),
    );
    expect(both.scenarios.map(({ name, about }) => `${name} ${about}`)).toEqual([
      "hello new",
      "timer new",
      "websocket old",
    ]);
    expect(both.command).toBe("one\ntwo");
  });
});
