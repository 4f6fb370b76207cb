/** The command of a server under measurement: the user's settings, but for what must not happen twice on a machine. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeSubject } from "../../../src/cli/traffic/subject.ts";
import { loadConfigFile } from "../../../src/config/file/load.ts";
import type { Settings } from "../../../src/config/settings/index.ts";
import { temporaryFolder } from "../../support/tools.ts";

const CANDIDATE = { workerClass: "async", workers: 2, threads: 1, workerConnections: null } as const;

function subjectOf(
  argv: string[],
  { env = {}, config = null }: { env?: Record<string, string>; config?: string | null } = {},
) {
  const fleet = { makeFolder: () => temporaryFolder() };
  return makeSubject({ argv, env, fleet, settings: { config, chdir: "/srv", app: "app.js" } as Settings });
}

describe("the server under measurement", () => {
  it("has the user's options, from both sources, but for its own address, files and candidate", () => {
    const env = { JUNICORN_CMD_ARGS: "--pid /run/x --timeout 5 --keep-alive 7" };
    const argv = [
      "--bind",
      "0.0.0.0:80",
      "-k",
      "sync",
      "--timeout=9",
      "--daemon",
      "--certfile",
      "x.pem",
      "-e",
      "A=b c",
      "--no-fast-fetch",
      "app.js",
    ];
    const subject = subjectOf(argv, { env });
    const words = subject.command(CANDIDATE, 4242);
    expect(words.slice(words.findIndex((word) => word.endsWith("main.js")) + 1)).toEqual([
      ...[
        "--keep-alive=7",
        "--timeout=9",
        "--env=A=b c",
        "--no-fast-fetch",
        "--chdir",
        "/srv",
        "--bind",
        "127.0.0.1:4242",
      ],
      ...[
        "--no-control-socket",
        "--log-level",
        "warning",
        "--error-logfile",
        "-",
        "--graceful-timeout",
        "2",
        "--drain-delay",
        "0",
      ],
      ...["--worker-class", "async", "--workers", "2", "--threads", "1", "app.js"],
    ]);
    expect(subject.env).toEqual({ JUNICORN_CMD_ARGS: "" });
  });

  it.each([
    [
      "junicorn.config.ts",
      "const n: number = 5;\nexport default async () => ({ timeout: n, worker_class: 'gthread', pidfile: '/run/x', threads: 8, statsd_host: 'a:1' });",
    ],
    ["junicorn.config.mjs", "export const timeout = 5;\nexport const workers = 3;\n"],
    ["junicorn.config.cjs", "module.exports = { timeout: 5, certfile: 'x.pem', keyfile: 'y.pem' };"],
    ["junicorn.config.json", '{ "timeout": 5, "bind": ["0.0.0.0:80"], "accessLogfile": "/var/log/x" }'],
  ])("has the rest of the config file %s, from a copy", async (name, text) => {
    const file = join(temporaryFolder(), name);
    writeFileSync(file, text);
    const subject = subjectOf(["app.js"], { config: file });
    const words = subject.command(CANDIDATE, 4242);
    const copy = words[words.indexOf("--config") + 1]!;
    expect(await loadConfigFile(copy)).toEqual({ timeout: 5 });
  });
});
