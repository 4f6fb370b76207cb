/** A server under a steady load of strict clients, while something is done to it. */

import { expect, inject, test, type TestContext } from "vitest";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { startMixedLoad, steadyPause } from "../support/mixed-load.ts";
import { describeLosses, type Load, type LoadReport, type Lost } from "../support/strict-client.ts";

/** `npm run test:loss` asks for the lengths that issue reports and releases are held to; `npm test` for the same in short. */
export const FULL = process.env["JUNICORN_LOSS"] === "full";

export interface Subject {
  readonly workerClass: "sync" | "gthread" | "async";
  readonly interface: "node" | "fetch";
}

const SHORT: readonly [Subject, ...Subject[]] = [
  { workerClass: "sync", interface: "node" },
  { workerClass: "gthread", interface: "node" },
  { workerClass: "async", interface: "fetch" },
];

/** What each row is tried with. */
export const SUBJECTS: readonly [Subject, ...Subject[]] = FULL
  ? [
      ...SHORT,
      { workerClass: "sync", interface: "fetch" },
      { workerClass: "gthread", interface: "fetch" },
      { workerClass: "async", interface: "node" },
    ]
  : SHORT;

/**
 * Declares the tests of a row, one for each subject. In short they run at the same time, since most of it is waiting; what belongs to one of them must
 * then be told by its context.
 */
export function row(
  title: string,
  body: (subject: Subject, context: TestContext) => Promise<void>,
  subjects: readonly Subject[] = SUBJECTS,
): void {
  test.for(subjects)(`${title}, $workerClass with a $interface app`, { concurrent: !FULL }, body);
}

/** Two workers of the load's application, until the test ends. */
export async function start(
  { onTestFinished }: TestContext,
  subject: Subject,
  args: readonly string[] = [],
  app: string = subject.interface === "node" ? "proxied.mjs:node" : "proxied.mjs",
): Promise<Junicorn> {
  const server = await startJunicorn({
    app,
    args: [
      "-k",
      subject.workerClass,
      "-w",
      "2",
      ...(subject.workerClass === "gthread" ? ["--threads", "2"] : []),
      ...args,
    ],
    shared: true,
  });
  onTestFinished(() => server.kill());
  await server.waitFor(/ready after/);
  return server;
}

/** Twelve clients, half of which keep their connections and leave them idle now and then. */
export function steadyLoad(port: number, clients = 12): Load {
  return startMixedLoad(port, { clients, keepAlive: "half", pause: steadyPause });
}

/** Runs the load while `disturb` does what a row of the table is about, and a moment before and after it. */
export async function underLoad(
  server: Junicorn,
  disturb: (load: Load) => Promise<void>,
  load = steadyLoad(server.port),
): Promise<LoadReport> {
  await sleep(300);
  await disturb(load);
  await sleep(300);
  return load.stop();
}

/** Every request was answered in full. Says what was not, with what the server logged. */
export function expectNothingLost(report: LoadReport, server: Junicorn): void {
  expectNoLosses(report.lost, server);
  expect(report.sent).toBeGreaterThan(100);
}

export function expectNoLosses(lost: readonly Lost[], server: Junicorn): void {
  expect(lost.length, `${describeLosses(lost)}\n${server.output.slice(-4000)}`).toBe(0);
}

/** A line of the table that `npm run test:loss` prints. `failed` of `sent`; `note` is for what a row counts besides. */
export function record(row: string, subject: Subject, sent: number, failed: number, note = ""): void {
  const line = { row, subject: `${subject.workerClass}, ${subject.interface}`, sent, failed, note };
  appendFileSync(inject("lossTable"), `${JSON.stringify(line)}\n`);
}
