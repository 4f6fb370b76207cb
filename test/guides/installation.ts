/** What guides have npm install, installed once for all: the packed package and the frameworks, in the versions that the tests have. */

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { ROOT } from "../support/junicorn.ts";
import { packInto } from "../support/packed.ts";
import { noMachine } from "./machine.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A folder with node_modules; empty where no machine can be made. */
    guidesInstalled: string;
  }
}

const FRAMEWORKS = [
  ...["express", "koa", "fastify", "hono", "h3", "ws"],
  ...["@nestjs/common", "@nestjs/core", "@nestjs/platform-express", "reflect-metadata", "rxjs"],
];

export default function installation(project: TestProject): (() => void) | undefined {
  if (noMachine() !== "") return void project.provide("guidesInstalled", "");
  const folder = mkdtempSync(join(tmpdir(), "junicorn-guides-"));
  chmodSync(folder, 0o755); // for workers that are not root
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const versions = { ...devDependencies, ...dependencies };
  const names = FRAMEWORKS.map((name) => `${name}@${versions[name]}`);
  const { path } = packInto(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  execFileSync("npm", ["install", ...options, path, ...names], { cwd: folder, stdio: "pipe" });
  copyFileSync(join(ROOT, "test", "guides", "npm.mjs"), join(folder, "npm.mjs"));
  project.provide("guidesInstalled", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
