/** Metrics of a real server, read by a strict parser and by a socket that statsd would have. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { startJunicorn, runJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { parsePrometheus } from "../support/prometheus-parser.ts";

const APP = "fetch-object.mjs";

async function scrape(url: string) {
  const response = await fetch(url);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const families = parsePrometheus(await response.text());
  return (name: string, labels: Record<string, string> = {}): number =>
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .filter((sample) => sample.name === name)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0);
}

async function metricsUrl(server: Junicorn): Promise<string> {
  return (await server.waitFor(/Metrics at: (\S+)/))[1]!;
}

test("Prometheus is told of requests, and of those of workers that are gone", async () => {
  const server = await startJunicorn({ app: APP, args: ["-w", "2", "--metrics-bind", "127.0.0.1:0"] });
  const url = await metricsUrl(server);
  let seen: object = {};
  const shows = (wanted: object) =>
    poll(
      async () => {
        const value = await scrape(url);
        seen = {
          requests: value("junicorn_requests_total"),
          answers: value("junicorn_responses_total", { status: "200" }),
          durations: value("junicorn_request_duration_seconds_count"),
          ready: value("junicorn_workers", { state: "ready" }),
          exited: value("junicorn_workers_exited_total"),
        };
        return isDeepStrictEqual(seen, wanted);
      },
      { what: () => `${JSON.stringify(wanted)}, not ${JSON.stringify(seen)}` },
    );
  for (let i = 0; i < 4; i++) await (await fetch(server.origin)).text();
  // A worker that is killed between its answer and the count of it has not counted it.
  await shows({ requests: 4, answers: 4, durations: 4, ready: 2, exited: 0 });
  process.kill(server.workers[0]!, "SIGKILL");
  await server.waitFor(/SIGKILL/);
  await server.waitForWorkers(2);
  await shows({ requests: 4, answers: 4, durations: 4, ready: 2, exited: 1 });
  const value = await scrape(url);
  expect(value("junicorn_log_messages_total")).toBeGreaterThan(0);
  expect(value("junicorn_accept_queue_limit", { listener: server.origin })).toBeGreaterThan(0);
  expect(value("junicorn_workers_target")).toBe(2);
  expect((await fetch(new URL("/", url))).status).toBe(404);
  expect((await fetch(url, { method: "POST" })).status).toBe(405);
  expect((await server.stop()).code).toBe(0);
});

test("a reload opens, moves and closes the endpoint", async () => {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-metrics-"));
  const config = join(directory, "junicorn.json");
  const configure = (metricsBind: string | null) => writeFileSync(config, JSON.stringify({ metricsBind }));
  configure(null);
  const server = await startJunicorn({ app: APP, args: ["-c", config] });
  expect(server.output).not.toContain("Metrics at:");
  configure("127.0.0.1:0");
  server.signal("SIGHUP");
  const url = await metricsUrl(server);
  await scrape(url);
  configure(null);
  server.signal("SIGHUP");
  await poll(() =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  );
});

test("an address that is in use does not stop the server, and is taken once it is free", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => holder.once("listening", done));
  onTestFinished(() => void holder.close());
  const { port } = holder.address() as { port: number };
  const server = await startJunicorn({ app: APP, args: ["--metrics-bind", `127.0.0.1:${port}`] });
  await server.waitFor(/ERROR\] No metrics \(--metrics-bind\) until the address is free: .*already in use/);
  expect((await fetch(server.origin)).status).toBe(200);
  holder.close();
  await scrape(await metricsUrl(server));
});

test("clients that say nothing, and those that never read, do not keep a scrape out", async () => {
  const server = await startJunicorn({ app: APP, args: ["--metrics-bind", "127.0.0.1:0"] });
  const url = await metricsUrl(server);
  const others = Array.from({ length: 160 }, (_, i) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => undefined);
    socket.pause();
    if (i % 2 === 0) socket.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100));
    return socket;
  });
  onTestFinished(() => others.forEach((socket) => socket.destroy()));
  await Promise.all(others.map((socket) => once(socket, "connect")));
  const value = await scrape(url);
  expect(value("junicorn_workers_target")).toBe(1);
  expect(readdirSync(`/proc/${server.pid}/fd`).length).toBeLessThan(140);
});

test("statsd hears Gunicorn's names", async () => {
  const lines: string[] = [];
  const socket = createSocket("udp4").on("message", (datagram) => lines.push(...datagram.toString().split("\n")));
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  onTestFinished(() => void socket.close());
  const args = [
    "--statsd-host",
    `127.0.0.1:${socket.address().port}`,
    "--statsd-prefix",
    "shop",
    "--enable-backlog-metric",
  ];
  const server = await startJunicorn({ app: APP, args });
  for (let i = 0; i < 3; i++) await (await fetch(server.origin)).text();
  const total = (name: string): number =>
    lines
      .filter((line) => line.startsWith(`shop.${name}:`))
      .reduce((sum, line) => sum + Number(/:(\d+)\|c$/.exec(line)?.[1]), 0);
  await poll(() => total("gunicorn.requests") === 3 && total("gunicorn.request.status.200") === 3);
  expect(lines.filter((line) => /^shop\.gunicorn\.request\.duration:[\d.]+\|ms$/.test(line))).toHaveLength(3);
  await poll(() => lines.includes("shop.gunicorn.workers:1|g") && lines.includes("shop.gunicorn.backlog:0|h"));
  process.kill(server.workers[0]!, "SIGKILL");
  await poll(() => total("junicorn.exits.signal") === 1);
});

test.each([
  ["--metrics-bind", "localhost"],
  ["--metrics-bind", "fd://3"],
  ["--statsd-host", "statsd"],
  ["--statsd-host", "127.0.0.1:0"],
])("%s %s is refused by name, with what is right", async (flag, value) => {
  const { code, stderr } = await runJunicorn([flag, value, APP]);
  expect(code).not.toBe(0);
  expect(stderr).toContain(flag);
  expect(stderr).toContain("expected HOST:PORT, ");
});
