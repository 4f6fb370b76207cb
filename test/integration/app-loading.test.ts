/** Loading applications with Node's own module loader, which the unit tests' runner replaces; and the examples. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../support/load-apps.mjs", import.meta.url));
const APPS = fileURLToPath(new URL("../support/apps/", import.meta.url));
const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));

interface Answer {
  spec: string;
  interface?: string;
  description?: string;
  message?: string;
}

async function loadAll(cwd: string, specs: string[]): Promise<Map<string, Answer>> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, ...specs], { cwd });
  const line = stdout.split("\n").find((text) => text.startsWith("[{"))!; // the applications may print, too
  return new Map((JSON.parse(line) as Answer[]).map((answer) => [answer.spec, answer]));
}

describe("ES modules", () => {
  const EXPECTED: [string, RegExp[]][] = [
    [
      "broken/syntax.mjs",
      [/SyntaxError: Unexpected token ';'/, /syntax\.mjs:2:17/, /> 2 │ export const b = ;\n\s+│ {17}\^/],
    ],
    ["broken/imports-syntax", [/SyntaxError: Unexpected token ';'/, /broken\/syntax\.mjs:2:17/]],
    ["broken/no-binding", [/does not provide an export named 'nothing'/, /no-binding\.mjs:1:10/]],
    [
      "broken/no-package.mjs",
      [
        /imports the package "left-pad-of-nobody", which is not installed\. Run "npm install left-pad-of-nobody"/,
        /> 1 │ import left/,
      ],
    ],
    ["broken/no-file", [/no-file\.mjs imports .*gone\.mjs, which does not exist/]],
    [
      "broken/throws.mjs",
      [/TypeError: no such host\n\s+at connect \(file:.*throws\.mjs:2:9\)/, /> 2 │ {3}throw new TypeError/],
    ],
  ];
  let answers: Map<string, Answer>;
  beforeAll(async () => {
    answers = await loadAll(APPS, [...EXPECTED.map(([spec]) => spec), "imports-typed"]);
  }, 30_000);

  it.each(EXPECTED)("%s is explained", (spec, patterns) => {
    for (const pattern of patterns) expect(answers.get(spec)!.message).toMatch(pattern);
    expect(answers.get(spec)!.message).not.toMatch(/src\/app\/|node:internal/);
  });

  it("may import TypeScript", () => {
    expect(answers.get("imports-typed")).toMatchObject({ interface: "node" });
  });
});

describe("the examples", () => {
  const EXPECTED: [string, string, string][] = [
    ["hello/server.js", "fetch", "an object with a fetch method"],
    ["express/app.js", "node", "an Express app"],
    ["koa/app.js", "node", "a Koa app"],
    ["hono/app.js", "fetch", "a Hono app"],
    ["h3/app.js", "fetch", "an h3 app"],
    ["typescript/app.ts", "fetch", "an object with a fetch method"],
    ["wsgi/app.js", "wsgi", "a function marked by wsgi()"],
    ["fastify/server.js", "node", "the server that called listen()"],
    ["nest/main.ts", "node", "the server that called listen()"],
    ["plain-server/server.cjs", "node", "the server that called listen()"],
  ];
  let answers: Map<string, Answer>;
  beforeAll(async () => {
    // Each in a process of its own where it starts a server: they all ask for the same port.
    const maps = await Promise.all([
      loadAll(
        EXAMPLES,
        EXPECTED.slice(0, 7).map(([spec]) => spec),
      ),
      ...EXPECTED.slice(7).map(([spec]) => loadAll(EXAMPLES, [spec])),
    ]);
    answers = new Map(maps.flatMap((map) => [...map]));
  }, 60_000);

  it.each(EXPECTED)("%s is %s: %s", (spec, name, description) => {
    expect(answers.get(spec)).toMatchObject({ interface: name, description });
  });
});
