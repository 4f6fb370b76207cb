/** Does what the guides say, each on a clean machine, and sees what they show. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { ROOT } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { brokenLinks, firstMissing, pattern, readGuide, type Step } from "./guide.ts";
import { Machine, noMachine, noSystemd, type Result } from "./machine.ts";

const NAMES = [
  ...["quick-start", "from-node", "from-pm2", "from-gunicorn", "frameworks", "nginx", "haproxy", "systemd"],
  ...["supervisor", "docker", "kubernetes", "past-one-machine", "signals", "worker-classes", "troubleshooting"],
];
const GUIDES = ["README.md", ...NAMES.map((name) => `docs/${name}.md`)];

const why = noMachine();

test.for(GUIDES)(`%s${why && ` (skipped: ${why})`}`, { concurrent: true, timeout: 120_000 }, async (path, context) => {
  const steps = readGuide(path);
  for (const step of steps.filter(({ kind }) => kind === "from")) expectFrom(step, path);
  const systemd = path === "docs/systemd.md";
  const reason = systemd ? noSystemd() : why;
  context.skip(reason !== "", reason);
  const machine = new Machine(inject("guidesInstalled"), { systemd });
  context.onTestFinished(() => machine.destroy());
  if (systemd) await machine.run("until systemctl is-active --quiet basic.target; do sleep 0.1; done 2> /dev/null");
  let last: Result = { code: 0, output: "" };
  for (const step of steps) {
    const where = `${path}:${step.line}`;
    try {
      last = (await take(step, machine, last)) ?? last;
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
    }
    expect(last.code, `${where}:\n${step.text}\n${last.output}`).toBe(0);
  }
  if (machine.isServing) {
    const { code, output } = await machine.stop();
    expect(code, `${path}: the server's end:\n${output}`).toBe(0);
  }
});

test("pages link to what is there", () => {
  const pages = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  const broken = ["README.md", ...pages.map((name) => `docs/${name}`)].map((path) => [path, brokenLinks(path)]);
  expect(broken.filter(([, targets]) => targets!.length > 0)).toEqual([]);
});

// --- internal ---

async function take(step: Step, machine: Machine, last: Result): Promise<Result | void> {
  switch (step.kind) {
    case "run":
      return machine.run(step.text);
    case "start":
      return machine.start(step.text);
    case "file":
      return machine.write(step.path, step.text);
    case "prints":
      return void expect(last.output.trim()).toMatch(pattern(step.text));
    case "logs": {
      const lines = step.text.trim().split("\n");
      const log = (): Promise<string> => machine.log();
      return void (await poll(async () => firstMissing(lines, await log(), true) === undefined, {
        what: () => `the line "${firstMissing(lines, last.output, true)}" in the log`,
        interval: 100,
      }));
    }
    case "from":
    case "shown":
  }
}

function expectFrom({ path, text, line }: Step, guide: string): void {
  const file = readFileSync(join(ROOT, path), "utf8");
  const lines = text.split("\n").map((one) => one.trim());
  expect(firstMissing(lines, file, false), `${guide}:${line}: a line that is not in ${path}`).toBeUndefined();
}
