/** What Prometheus and statsd are told of given facts. */

import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Bucket } from "../../../src/base/quantiles.ts";
import { bucketStart, Histogram } from "../../../src/ipc/scoreboard-layout.ts";
import { BOUNDS, cumulative } from "../../../src/metrics/durations.ts";
import { connectionsByState, saturation } from "../../../src/metrics/facts.ts";
import { FAMILIES } from "../../../src/metrics/families.ts";
import { PrometheusPage } from "../../../src/metrics/prometheus.ts";
import { StatsdSender, type StatsdParts } from "../../../src/metrics/statsd.ts";
import { parsePrometheus } from "../../support/prometheus-parser.ts";
import { RecordingLog } from "../../support/recording-log.ts";
import { factsWith, NOTHING, workerWith } from "./fakes.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

describe("the histogram of durations", () => {
  test("has bounds of the scoreboard, so that no bucket is split", () => {
    const known = Array.from({ length: Histogram.BUCKETS }, (_, bucket) => bucketStart(bucket) / 1e6);
    for (const bound of BOUNDS) expect(known).toContain(bound);
  });

  test("counts below each bound whatever took no longer", () => {
    const all = Array.from({ length: Histogram.BUCKETS }, (_, at): Bucket => {
      return [bucketStart(at) / 1000, bucketStart(at + 1) / 1000, 1];
    });
    const counts = cumulative(all);
    counts.forEach((count, at) => expect(count).toBe(all.filter(([, to]) => to / 1000 <= BOUNDS[at]!).length));
    expect(cumulative([])).toEqual(BOUNDS.map(() => 0));
  });
});

describe("saturation", () => {
  test("is that of threads where there are some", () => {
    const workers = [workerWith({ threads: 4, busyThreads: 4 }), workerWith({ threads: 4, busyThreads: 1 })];
    expect(saturation({ workers, workerClass: "gthread" })).toBe(5 / 8);
  });

  test("is that of workers in the sync class, and of event loops in others; of those that can serve", () => {
    const booting = workerWith({ state: "booting", active: 1, loopBusy: 1 });
    const workers = [workerWith({ active: 1, loopBusy: 0.5 }), workerWith({ loopBusy: 0.1 }), booting];
    expect(saturation({ workers, workerClass: "sync" })).toBe(0.5);
    expect(saturation({ workers, workerClass: "async" })).toBeCloseTo(0.3);
    expect(saturation({ workers: [booting], workerClass: "sync" })).toBeNull();
  });

  test("does not take open WebSockets for requests", () => {
    const workers = [workerWith({ connections: 7, active: 5, upgraded: 4 })];
    expect(connectionsByState(workers)).toEqual({ active: 1, idle: 2, upgraded: 4 });
  });
});

describe("the page for Prometheus", () => {
  test("is well formed for a server of which nothing is known yet, and says nothing of what there is not", async () => {
    const families = parsePrometheus(await new PrometheusPage().render(factsWith()));
    expect(families.get("junicorn_saturation_ratio")!.samples).toEqual([]);
    expect(families.get("junicorn_responses_total")!.samples).toEqual([]);
    expect(families.get("junicorn_requests_total")!.samples).toMatchObject([{ value: 0 }]);
    expect(families.size).toBe(FAMILIES.length + 1);
  });

  test("is made anew each time, and escapes what users choose", async () => {
    const page = new PrometheusPage();
    const statuses = [[200, 3]] as const;
    await page.render(factsWith({ workers: [workerWith(), workerWith({ slot: 1 })] }));
    const latency: Bucket[] = [
      [0.128, 0.16, 2],
      [300_000, 310_000, 1],
    ];
    const text = await page.render(
      factsWith({
        app: 'odd"\\\napp',
        workers: [workerWith({ slot: 1, loopDelayMs: 20 })],
        totals: { ...NOTHING, statuses, latency, latencySumMs: 300_000 },
      }),
    );
    const families = parsePrometheus(text);
    expect(families.get("junicorn_info")!.samples[0]!.labels["app"]).toBe('odd"\\\napp');
    expect(families.get("junicorn_worker_event_loop_delay_seconds")!.samples).toMatchObject([
      { labels: { worker: "1" }, value: 0.02 },
    ]);
    const { samples } = families.get("junicorn_request_duration_seconds")!;
    const bucket = (le: string) => samples.find(({ labels }) => labels["le"] === le)?.value;
    expect([bucket("0.000128"), bucket("0.000192"), bucket("+Inf")]).toEqual([0, 2, 3]);
    expect(samples.find(({ name }) => name.endsWith("_sum"))!.value).toBe(300);
  });

  test("is described in the documentation, and the dashboard asks for nothing else", async () => {
    const names = [...FAMILIES.map(({ name }) => name), "junicorn_request_duration_seconds"];
    const described = read("docs/metrics.md");
    for (const name of names) expect(described).toContain(`\`${name}\``);
    const asked = [...read("deploy/grafana-dashboard.json").matchAll(/junicorn_[a-z_]+/g)].map(([name]) =>
      name.replace(/_(bucket|sum|count)$/, ""),
    );
    expect(names).toEqual(expect.arrayContaining([...new Set(asked)]));
    expect(asked.length).toBeGreaterThan(10);
  });
});

describe("statsd", () => {
  test("is told what has changed since the last time, by Gunicorn's names", async () => {
    const { sender, received } = await listener({ prefix: "shop.", tags: ["env:test"], backlog: true });
    const totals = { ...NOTHING, answers: { ...NOTHING.answers, "2xx": 3, "5xx": 1 } };
    const statuses = [
      [200, 3],
      [500, 1],
    ] as const;
    const log = { ...NOTHING.log, error: 2 };
    const latency: Bucket[] = [[10, 20, 4]];
    const acceptQueues = [
      { listener: "a", length: 2, limit: 9 },
      { listener: "b", length: 3, limit: 9 },
    ];
    const first = factsWith({ totals: { ...totals, statuses, log, latency }, acceptQueues, exits: { crash: 1 } });
    sender.send(first);
    const more = {
      ...first.totals,
      answers: { ...totals.answers, "2xx": 5 },
      statuses: [[200, 5], statuses[1]] as const,
    };
    sender.send({ ...first, workers: [workerWith()], totals: { ...more, latency: [[10, 20, 6]] } });
    await sender.close();
    const lines = await received(/workers:1\|g/);
    const of = (name: string) =>
      lines.filter((line) => line.startsWith(`shop.${name}:`)).map((l) => l.split(":").slice(1).join(":"));
    expect(of("gunicorn.requests")).toEqual(["4|c|#env:test", "2|c|#env:test"]);
    expect(of("gunicorn.request.status.200")).toEqual(["3|c|#env:test", "2|c|#env:test"]);
    expect(of("gunicorn.request.status.500")).toEqual(["1|c|#env:test"]);
    expect(of("gunicorn.request.duration")).toEqual(Array.from({ length: 6 }, () => "15|ms|#env:test"));
    expect(of("gunicorn.log.error")).toEqual(["2|c|#env:test"]);
    expect(of("gunicorn.workers")).toEqual(["0|g|#env:test", "1|g|#env:test"]);
    expect(of("gunicorn.backlog")).toEqual(["5|h|#env:test", "5|h|#env:test"]);
    expect(of("junicorn.exits.crash")).toEqual(["1|c|#env:test"]);
  });

  test("gets a sample of many durations, which says what share it is", async () => {
    const { sender, received } = await listener({});
    sender.send(factsWith({ totals: { ...NOTHING, latency: [[10, 20, 50_000]] } }));
    await sender.close();
    const lines = (await received(/gunicorn.workers/)).filter((line) => line.startsWith("gunicorn.request.duration"));
    for (const line of lines) expect(line).toBe("gunicorn.request.duration:15|ms|@0.01");
    // 500 are expected; it is a matter of chance.
    expect(lines.length).toBeGreaterThan(300);
    expect(lines.length).toBeLessThan(700);
  });

  test("that is away is told of once", async () => {
    const log = new RecordingLog();
    const address = { path: "/nowhere/statsd.sock" };
    const sender = new StatsdSender({ address, prefix: "", tags: [], backlog: false, since: null, log });
    const many = factsWith({ totals: { ...NOTHING, latency: [[10, 20, 400]] } });
    sender.send(many);
    sender.send(many);
    sender.send({ ...many, totals: { ...many.totals, latency: [[10, 20, 800]] } });
    await sender.close();
    expect(log.text("warning")).toBe(
      "statsd (--statsd-host) cannot be reached, metrics are lost: nobody takes datagrams there, or not as fast (/nowhere/statsd.sock)",
    );
  });
});

// --- internal ---

async function listener(given: Partial<StatsdParts>) {
  const lines: string[] = [];
  const socket = createSocket("udp4").on("message", (datagram) => lines.push(...datagram.toString().split("\n")));
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  onTestFinished(() => void socket.close());
  const log = new RecordingLog();
  const address = { host: "127.0.0.1", port: socket.address().port };
  const sender = new StatsdSender({ address, prefix: "", tags: [], backlog: false, since: null, log, ...given });
  return {
    sender,
    received: async (last: RegExp): Promise<string[]> => {
      await expect.poll(() => lines.some((line) => last.test(line)), { timeout: 20_000 }).toBe(true);
      return lines;
    },
  };
}
