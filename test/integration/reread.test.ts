/** Reading the settings again: what has changed is seen, whatever kind of file it stands in, and what cannot be read changes nothing. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../support/junicorn.ts";

/** V stands for a value that changes, in every file. */
const KINDS: Record<string, Record<string, string>> = {
  "ES modules": {
    "junicorn.config.mjs": `import { n } from "./part.mjs"; import c from "./part.cjs";
      export default { workers: n * 100 + c.n * 10 + V };`,
    "part.mjs": "export const n = V;",
    "part.cjs": "exports.n = V;",
  },
  CommonJS: {
    "junicorn.config.cjs": `const c = require("./part.cjs"); module.exports = { workers: c.n * 110 + V };`,
    "part.cjs": "exports.n = V;",
  },
  TypeScript: {
    "junicorn.config.ts": `import { n } from "./typed"; import { m } from "./part.mjs";
      export default { workers: (n as number) * 100 + m * 10 + V };`,
    "typed.ts": "export const n: number = V;",
    "part.mjs": "export const m = V;",
  },
  JSON: { "junicorn.config.json": `{ "workers": VVV }` },
};

/** In a Node of its own: vitest's module loader is not Node's. */
const PROGRAM = `
  import { writeFileSync } from "node:fs";
  import { rereadSettings } from ${JSON.stringify(join(ROOT, "dist/config/reread.js"))};
  import { resolveSettings } from ${JSON.stringify(join(ROOT, "dist/config/resolve.js"))};
  const [cwd, files] = [process.argv[1], JSON.parse(process.argv[2])];
  const start = { argv: ["app.js"], env: {}, cwd };
  const put = (value) => Object.entries(files).forEach(([name, text]) => writeFileSync(cwd + "/" + name, text.replaceAll("V", value)));
  const surroundings = { directory: process.cwd, enter: process.chdir, withStartEnvironment: (work) => work() };
  const reread = () => rereadSettings(start, surroundings).then(({ workers }) => workers, ({ message }) => message);
  const seen = [];
  put("1"); seen.push((await resolveSettings(start)).settings.workers);
  put("2"); seen.push(await reread());
  put("3"); seen.push(await reread(), await reread());
  put("!!"); seen.push(await reread());
  put("4"); seen.push(await reread(), process.cwd());
  console.log(JSON.stringify(seen));`;

test.each(Object.keys(KINDS))("a reload sees what has changed in %s, and in what they import", (kind) => {
  const cwd = mkdtempSync(join(tmpdir(), "junicorn-reread-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const args = ["--input-type=module", "-e", PROGRAM, cwd, JSON.stringify(KINDS[kind])];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  expect(stderr).toBe("");
  const seen = JSON.parse(stdout) as unknown[];
  expect(seen.toSpliced(4, 1)).toEqual([111, 222, 333, 333, 444, ROOT.replace(/\/$/, "")]);
  // Each of the files is broken; the first that is read is named, with the line.
  expect(seen[4]).toMatch(new RegExp(`^${cwd}/(junicorn\\.config|part|typed)\\.\\w+:\\d: .*\\n\\n`));
});
