import { expect, it } from "vitest";
import { describeSettings } from "../../../src/cli/print-config.ts";
import { SETTINGS } from "../../../src/config/settings/index.ts";
import { directory, resolved } from "../config/support.ts";

it("prints every setting by name, as JSON, with where it came from", async () => {
  const cwd = directory({ "junicorn.config.json": '{"timeout": 5}' });
  const { settings, origins } = await resolved({
    cwd,
    argv: ["-b", ":1", "app.js"],
    env: { WEB_CONCURRENCY: "3", JUNICORN_CMD_ARGS: "--keep-alive 7" },
  });
  const lines = describeSettings(settings, origins).split("\n");
  expect(lines.map((line) => line.split(" = ")[0])).toEqual([...SETTINGS.keys()].toSorted());
  const shown = new Map(
    lines.map((line) => line.split(/ = | {2,}# /)).map(([name, value, from]) => [name, [value, from]]),
  );
  expect(shown.get("bind")).toEqual(['[":1"]', "--bind"]);
  expect(shown.get("workers")).toEqual(["3", "WEB_CONCURRENCY"]);
  expect(shown.get("timeout")).toEqual(["5", `${cwd}/junicorn.config.json`]);
  expect(shown.get("keepAlive")).toEqual(["7", "JUNICORN_CMD_ARGS: --keep-alive"]);
  expect(shown.get("app")).toEqual(['"app.js"', "MODULE[:EXPORT]"]);
  expect(shown.get("backlog")).toEqual(["2048", "default"]);
});
