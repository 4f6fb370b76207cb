/** deploy/kubernetes: each object has the shape that Kubernetes' own types give it, they fit each other, and what they say of Junicorn is true. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Deployment } from "kubernetes-types/apps/v1.js";
import type { HorizontalPodAutoscaler } from "kubernetes-types/autoscaling/v2.js";
import type { Service } from "kubernetes-types/core/v1.js";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ask } from "../support/ask.ts";
import { ROOT, runJunicorn, startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { temporaryFolder } from "../support/tools.ts";

const FOLDER = join(ROOT, "deploy", "kubernetes");
const read = (name: string): unknown => parse(readFileSync(join(FOLDER, name), "utf8"));

const deployment = read("deployment.yaml") as Deployment;
const service = read("service.yaml") as Service;
const hpa = read("hpa.yaml") as HorizontalPodAutoscaler;
const budget = read("pdb.yaml") as PodDisruptionBudget;
const pod = deployment.spec!.template.spec!;
const [container] = pod.containers as [NonNullable<typeof pod.containers>[number]];
const args = container.args!;

/** Where the types of each version of the interface are. */
const MODULES: Readonly<Record<string, string>> = {
  v1: "core/v1",
  "apps/v1": "apps/v1",
  "autoscaling/v2": "autoscaling/v2",
  "policy/v1": "policy/v1",
};

test("objects have the shape of their kinds, and no field that Kubernetes does not know", () => {
  expect(compile(readdirSync(FOLDER).map((name) => read(name)))).toBe("");
  const wrong = structuredClone(deployment) as unknown as { spec: { template: { spec: Record<string, unknown> } } };
  wrong.spec.template.spec["terminationGracePeriod"] = 45;
  expect(compile([wrong])).toContain("terminationGracePeriod");
});

test("they name each other rightly", () => {
  const labels = deployment.spec!.template.metadata!.labels!;
  expect(deployment.spec!.selector.matchLabels).toEqual(labels);
  expect(service.spec!.selector).toEqual(labels);
  expect(budget.spec!.selector!.matchLabels).toEqual(labels);
  expect(hpa.spec!.scaleTargetRef).toEqual({
    apiVersion: deployment.apiVersion,
    kind: deployment.kind,
    name: deployment.metadata!.name,
  });
  const ports = container.ports!.map(({ name }) => name);
  expect(ports).toContain(service.spec!.ports![0]!.targetPort);
  for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe])
    expect(ports).toContain(probe!.httpGet!.port);
  const volumes = pod.volumes!.map(({ name }) => name);
  expect(container.volumeMounts!.map(({ name }) => name)).toEqual(volumes);
});

test("times leave room for each other", () => {
  const [drain, graceful, timeout] = ["drain-delay", "graceful-timeout", "timeout"].map(option) as [number, number, 30];
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(drain + graceful);
  const { periodSeconds = 10, failureThreshold = 3 } = container.livenessProbe!;
  // Junicorn acts first, and says why.
  expect(periodSeconds * failureThreshold).toBeGreaterThan(2 * timeout);
  const startup = container.startupProbe!;
  expect(startup.periodSeconds! * startup.failureThreshold!).toBeGreaterThanOrEqual(60);
});

test("the command serves, answers the probes, and has the metric that pods are scaled by", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "server.js"), 'module.exports = { fetch: () => new Response("hello") };');
  const check = await runJunicorn(["--check-config", ...args], { cwd: folder });
  expect(check, check.stderr).toMatchObject({ code: 0 });

  const metrics = join(folder, "metrics.sock");
  const changed = args.map((arg) => arg.replace(/^--metrics-bind=.*/, `--metrics-bind=unix:${metrics}`));
  const server = await startJunicorn({ app: changed.at(-1)!, args: withoutBind(changed.slice(0, -1)), cwd: folder });
  await server.waitFor(/ready after/);
  for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe])
    expect((await ask(server.port, probe!.httpGet!.path!)).status).toBe(200);
  const names = async (): Promise<string[]> =>
    [...(await ask(metrics, "/metrics")).body.matchAll(/^(\w+)/gm)].map(([name]) => name);
  const metric = hpa.spec!.metrics![0]!.pods!.metric.name;
  await poll(async () => (await names()).includes(metric), { what: () => `${metric}\n${server.output}` });

  const adapter = parse(readFileSync(join(ROOT, "deploy", "prometheus-adapter-values.yaml"), "utf8")) as {
    rules: { custom: { seriesQuery: string; name: { as: string }; metricsQuery: string }[] };
  };
  const [rule] = adapter.rules.custom;
  expect(rule!.name.as).toBe(metric);
  expect(rule!.seriesQuery).toMatch(new RegExp(`^${metric}\\{`));
});

// --- internal ---

/** The value of an option, or the default. */
function option(name: string): number {
  const found = args.find((arg) => arg.startsWith(`--${name}=`));
  return found === undefined ? 30 : Number(found.slice(name.length + 3));
}

function withoutBind(options: readonly string[]): string[] {
  return options.filter((one) => !one.startsWith("--bind="));
}

/** What the compiler says of objects as literals of their types: also what is there and should not be. */
function compile(objects: readonly unknown[]): string {
  const folder = temporaryFolder();
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const lines = objects.map((object, index) => {
    const { apiVersion, kind } = object as { apiVersion: string; kind: string };
    const type = `import("kubernetes-types/${MODULES[apiVersion]}").${kind}`;
    return `export const object${index}: ${type} = ${JSON.stringify(object, null, 2)};\n`;
  });
  writeFileSync(join(folder, "objects.ts"), lines.join("\n"));
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--types", "", "objects.ts"];
  try {
    execFileSync(process.execPath, [compiler, ...options], { cwd: folder, encoding: "utf8", stdio: "pipe" });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
