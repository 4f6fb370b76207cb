/** The linter's layer rules are tried on deliberate violations: a rule that lets one through is worse than none. */

import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LAYERS, PACKAGES } from "../../oxlint.config.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The house's table, written down a second time on purpose: the linter's own is derived, and can be wrong. */
const MAY_IMPORT: Record<string, string[]> = {
  base: [],
  net: ["base", "native.ts"],
  config: ["base", "net/address.ts"],
  tls: ["base"],
  ipc: ["base", "native.ts"],
  http: ["base"],
  engines: ["base", "net", "http", "tls", "native.ts"],
  adapters: ["base", "http"],
  app: ["base", "http", "adapters"],
  websocket: ["base", "http", "adapters"],
  workers: ["base", "http", "engines", "app", "websocket", "ipc", "net", "tls", "native.ts"],
  metrics: ["base", "net", "ipc"],
  master: ["base", "net", "ipc", "metrics", "tls", "native.ts"],
  measure: ["base", "net/address.ts"],
  entry: ["base", "ipc", "workers", "app", "http", "measure", "config/file/worker-hooks.ts"],
  doctor: ["base", "net", "config", "master", "tls", "native.ts", "engines/choose.ts", "engines/uws/binding.ts"],
  tune: ["base", "measure/statistics.ts"],
  cli: ["base", "config", "master", "doctor", "measure", "tune"],
};
const TYPES_ONLY: [layer: string, file: string][] = [
  ["workers", "config/settings/index.ts"],
  ["master", "config/settings/index.ts"],
];

/** Ways to reach another module. Those that the linter lets through are looked for in the sources below. */
const FORMS: Record<string, (path: string) => string> = {
  value: (path) => `import { thing } from "${path}";\nthing();\n`,
  type: (path) => `import type { Thing } from "${path}";\nexport const x: Thing = 1;\n`,
  inlineType: (path) => `import { type Thing } from "${path}";\nexport const x: Thing = 1;\n`,
  sideEffect: (path) => `import "${path}";\n`,
  reExport: (path) => `export { thing } from "${path}";\n`,
  reExportAll: (path) => `export * from "${path}";\n`,
  reExportType: (path) => `export type { Thing } from "${path}";\n`,
  dynamic: (path) => `export const x = await import("${path}");\n`,
};
const TYPE_FORMS = new Set(["type", "inlineType", "reExportType"]);

interface Case {
  name: string;
  file: string;
  /** Line of the import, from 1. */
  line: number;
  source: string;
  denied: boolean;
}

interface Diagnostic {
  code: string;
  filename: string;
  labels: { span: { line: number } }[];
}

const cases: Case[] = [...layerCases(), ...typeOnlyCases(), ...packageCases(), ...globalCases(), ...cycleCases()];
let house: string;
let reported: Set<string>;

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), "junicorn-layers-"));
  writeFileSync(join(house, "oxlint.config.mjs"), readFileSync(join(ROOT, "oxlint.config.mjs")));
  for (const { file, source } of cases) {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    appendFileSync(join(house, file), source);
  }
  reported = lint(house);
}, 60_000);
afterAll(() => rmSync(house, { recursive: true, force: true }));

describe("each layer", () => {
  it.each(Object.keys(MAY_IMPORT))("%s imports what it may and nothing else", (layer) => {
    expect(outcomes(`src/${layer}/`)).toEqual(expectations(`src/${layer}/`));
  });

  it("has a row: a new folder of src/ needs one", () => {
    const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const folder of folders) expect(Object.keys(LAYERS)).toContain(folder.name);
    expect(Object.keys(MAY_IMPORT).sort()).toEqual(
      Object.keys(LAYERS)
        .filter((layer) => !layer.endsWith(".ts"))
        .sort(),
    );
  });
});

describe("the sources", () => {
  it("use no form of import that the linter lets through", () => {
    // The types of import("./file.ts").Type; what is awaited is a value, and the linter sees it.
    const hidden =
      /\bimport\(\s*`|\brequire\(\s*["'`]\.|(?<!\bawait )\bimport\(["'`][^)]*\)\s*[.;,>)\]]?\s*(?=\.[A-Z])|\bimport\s+\w+\s*=\s*require/;
    for (const file of sources(join(ROOT, "src"))) {
      expect(readFileSync(file, "utf8"), file).not.toMatch(hidden);
    }
  });
});

// --- internal ---

function expectations(prefix: string): Record<string, boolean> {
  return Object.fromEntries(
    cases.filter(({ file }) => file.startsWith(prefix)).map(({ name, denied }) => [name, denied]),
  );
}

function outcomes(prefix: string): Record<string, boolean> {
  return Object.fromEntries(
    cases
      .filter(({ file }) => file.startsWith(prefix))
      .map(({ name, file, line }) => [name, reported.has(`${file}:${line}`)]),
  );
}

/** "file:line" of each error of a rule that guards layers. */
function lint(cwd: string): Set<string> {
  const oxlint = join(ROOT, "node_modules", "oxlint", "bin", "oxlint");
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, "-c", "oxlint.config.mjs", "--format", "json"], {
    cwd,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, PATH: `${join(ROOT, "node_modules", ".bin")}:${process.env["PATH"]}` },
  });
  if (!stdout.startsWith("{")) throw new Error(`oxlint failed:\n${stdout}${stderr}`);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
  const guarding = /no-restricted-imports|no-restricted-properties|no-console|no-cycle/;
  return new Set(
    diagnostics
      .filter(({ code }) => guarding.test(code))
      .map(({ filename, labels }) => `${filename}:${labels[0]?.span.line}`),
  );
}

function layerCases(): Case[] {
  const targets = [
    ...Object.keys(MAY_IMPORT).map((layer) => `${layer}/thing.ts`),
    "net/address.ts",
    "native.ts",
    "index.ts",
  ];
  return Object.entries(MAY_IMPORT).flatMap(([layer, allowed]) =>
    targets
      .filter((target) => !target.startsWith(`${layer}/`))
      .flatMap((target) => {
        const denied = !allowed.includes(target) && !allowed.includes(target.split("/")[0] ?? "");
        return [
          ...Object.keys(FORMS).flatMap((form) => [
            oneCase(layer, form, `../${target}`, denied),
            oneCase(`${layer}/deep`, form, `../../${target}`, denied),
          ]),
          oneCase(layer, "value", `./../${target}`, true),
          oneCase(layer, "value", `../${layer}/../${target}`, true),
          oneCase(layer, "value", `/src/${target}`, true),
          oneCase(layer, "value", `../../src/${target}`, true),
        ];
      }),
  );
}

function typeOnlyCases(): Case[] {
  return TYPES_ONLY.flatMap(([layer, file]) =>
    Object.keys(FORMS).flatMap((form) => [
      oneCase(layer, form, `../${file}`, !TYPE_FORMS.has(form)),
      oneCase(layer, form, `../${file.replace("index", "other")}`, true),
    ]),
  );
}

function packageCases(): Case[] {
  const names = [
    "uWebSockets.js",
    "piscina",
    "node:child_process",
    "child_process",
    "node:process",
    "chokidar",
    "autocannon",
    "prom-client",
    "node-gyp-build",
  ];
  const homes = [
    "engines/uws/engine.ts",
    "workers/gthread.ts",
    "entry/thread.ts",
    "master/pool.ts",
    "measure/load.ts",
    "metrics/prometheus.ts",
    "http/service.ts",
    "cli/main.ts",
  ];
  const owners: Record<string, string[]> = {
    "uWebSockets.js": ["engines/uws/engine.ts"],
    piscina: ["workers/gthread.ts", "entry/thread.ts"],
    "node:child_process": ["master/pool.ts", "measure/load.ts"],
    child_process: ["master/pool.ts", "measure/load.ts"],
    autocannon: ["measure/load.ts"],
    chokidar: ["master/pool.ts"],
    "prom-client": ["metrics/prometheus.ts"],
  };
  expect(Object.keys(PACKAGES)).toHaveLength(8);
  return names.flatMap((name, index) =>
    homes.map((home) => ({
      name: `${home} imports ${name}`,
      file: `src/${home}`,
      line: index + 1,
      source: `import "${name}";\n`,
      denied: !(owners[name] ?? []).includes(home),
    })),
  );
}

function globalCases(): Case[] {
  const sources = {
    env: "export const x = process.env.PORT;\n",
    exit: "process.exit(1);\n",
    console: 'console.log("x");\n',
  };
  return Object.keys(MAY_IMPORT).flatMap((layer) =>
    Object.entries(sources).map(([what, source]) => ({
      name: `${layer} uses ${what}`,
      file: `src/${layer}/uses-${what}.ts`,
      line: 1,
      source,
      denied: !(what === "exit" ? ["cli", "entry"] : what === "console" ? ["cli"] : []).includes(layer),
    })),
  );
}

function cycleCases(): Case[] {
  return ["a", "b"].map((name) => ({
    name: `a cycle through ${name}`,
    file: `src/base/cycle-${name}.ts`,
    line: 1,
    source: `import { ${name} } from "./cycle-${name === "a" ? "b" : "a"}.ts";\nexport const x = ${name};\n`,
    denied: true,
  }));
}

function oneCase(folder: string, form: string, path: string, denied: boolean): Case {
  const make = FORMS[form];
  if (!make) throw new Error(`no form ${form}`);
  const file = `src/${folder}/${form}-${path.replaceAll("/", "+")}`;
  return { name: `${folder} ${form} ${path}`, file, line: 1, source: make(path), denied };
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}
