/** `--reload`: what a developer sees while editing, with each way editors have of saving. */

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

/** A directory of its own for each test; returns it and how to save a file there. */
function project(files: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-reload-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const save = (name: string, text: string): void => {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  };
  for (const [name, text] of Object.entries(files)) save(name, text);
  return { directory, save };
}

function shows(server: Junicorn, text: string): Promise<unknown> {
  let last = "";
  const probe = async (): Promise<boolean> => {
    // Requests that are in progress when workers restart are cut.
    const answer = await fetch(server.origin).catch(() => null);
    last = (await answer?.text().catch(() => "")) ?? "";
    return last.includes(text);
  };
  return poll(probe, { interval: 50, what: () => `${text} in:\n${last}\n${server.output}` });
}

const APP = `import { word } from "./lib/word.mjs"; export default () => new Response(word);`;

test("the code is shown as it is, and what is wrong with it", async () => {
  const { directory, save } = project({ "app.mjs": APP, "lib/word.mjs": `export const word = "first";` });
  const server = await startJunicorn({ app: "app.mjs", cwd: directory, args: ["--reload", "-w", "2"] });
  await shows(server, "first");

  save("lib/word.mjs", `export const word = "<second>;`);
  await shows(server, "lib/word.mjs:1");
  const page = await fetch(server.origin);
  expect([page.status, page.headers.get("content-type")]).toEqual([500, "text/html; charset=utf-8"]);
  expect(await page.text()).toMatch(/&gt; 1 │ export const word = &quot;&lt;second&gt;;/);
  await server.waitFor(/Workers restart: .*\/lib\/word\.mjs has changed/);
  await server.waitFor(/\[ERROR\] .*SyntaxError.*[^]*lib\/word\.mjs:1[^]*Waiting for a change/);

  // As many editors save: beside the file, and then in its place.
  save("lib/.word.swp", `export const word = "third";`);
  renameSync(join(directory, "lib/.word.swp"), join(directory, "lib/word.mjs"));
  await shows(server, "third");
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

test.each([
  ["gthread", "--threads", "2"],
  ["async", "-w", "1"],
])("the %s class does so, too", async (workerClass, ...args) => {
  const { directory, save } = project({ "app.mjs": APP, "lib/word.mjs": `export const word = "first;` });
  const server = await startJunicorn({
    app: "app.mjs",
    cwd: directory,
    args: ["--reload", "-k", workerClass, ...args],
  });
  await shows(server, "lib/word.mjs:1");
  save("lib/word.mjs", `export const word = "second";`);
  await shows(server, "second");
  save("lib/word.mjs", `export const word = "third";`);
  await shows(server, "third");
});

test("a server that is started on a broken application waits, too, also for files that are not there yet", async () => {
  const { directory, save } = project({
    "app.ts": `import { word } from "./word"; export default () => new Response(word);`,
  });
  const server = await startJunicorn({ app: "app.ts", cwd: directory, args: ["--reload"] });
  await shows(server, "cannot be loaded");
  save("word.ts", `export const word: string = "typed";`);
  await shows(server, "typed");
  save("word.ts", `process.exit(7); export const word: string = "never";`);
  await shows(server, "process.exit(7)");
});

test("CommonJS and extra files are watched, packages are not", async () => {
  const { directory, save } = project({
    "app.cjs": `const { readFileSync } = require("node:fs"); require("./node_modules/pkg/index.js");
      const text = readFileSync("views/deep/a.html", "utf8") + require("./word.cjs");
      module.exports = (req, res) => res.end(text + process.pid);`,
    "word.cjs": `module.exports = "word";`,
    "views/deep/a.html": "page",
    "views/deep/a.txt": "",
    "node_modules/pkg/index.js": "",
  });
  const args = ["--reload", "--reload-extra-file", "views/**/*.{html,css}"];
  const server = await startJunicorn({ app: "app.cjs", cwd: directory, args });
  await shows(server, "pageword");
  save("views/deep/a.html", "other");
  await shows(server, "otherword");
  save("word.cjs", `module.exports = "thing";`);
  await shows(server, "otherthing");
  save("node_modules/pkg/index.js", "0");
  save("views/deep/a.txt", "0");
  save("views/deep/b.css", "new");
  await server.waitFor(/views\/deep\/b\.css has changed/);
  expect(server.stderr).not.toMatch(/(pkg|a\.txt).* has changed/);
});
