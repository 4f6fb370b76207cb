/** `junicorn status`: what a running server does, at a glance. */

import { setTimeout as sleep } from "node:timers/promises";

import { ExitStatus } from "../../base/errors.ts";
import { processEnvironment } from "../../config/sources.ts";
import type { ServerStatus } from "../../master/control/api.ts";
import { createCommand, runCommand } from "../command.ts";
import { findSocket, type Target } from "../control/find.ts";
import { call } from "../control/http.ts";
import { targetOptions } from "../control/options.ts";
import { sizeOf, styleFor } from "../../base/terminal/style.ts";
import { type Reading, serverRates, workerRates } from "./rates.ts";
import { statusView } from "./view.ts";
import { watch } from "./watch.ts";

interface Options extends Target {
  readonly json?: boolean;
  readonly watch?: boolean;
}

export async function status(argv: readonly string[]): Promise<number> {
  const command = targetOptions(createCommand("junicorn status", DESCRIPTION))
    .option("--json", "Print JSON instead of a table; with --watch, a line a second")
    .option("-w, --watch", "Show it anew each second, until Ctrl-C")
    .addHelpText("after", MORE)
    .action(async (options: Options) => await show(options));
  await runCommand(command, argv);
  return ExitStatus.OK;
}

// --- internal ---

const DESCRIPTION = "Shows what a running server does. It works while its workers hang, for they are not asked.";

const MORE = `
BEAT is the time since the worker's event loop last turned, LOOP the share of
the time that it works (or, with a +, how long it was blocked of late), BUSY the
requests in flight and how many there can be, SERVING the oldest of them. P50 and
P99 are the times that half and 99 of 100 requests do not exceed: of all so far,
with --watch of the last ten seconds.`;

async function show(options: Options): Promise<void> {
  const socket = await findSocket(options);
  const history = new History(socket);
  const draw = async (): Promise<string> => {
    await history.read();
    return options.json === true ? `${JSON.stringify(history.json())}\n` : `${history.view().join("\n")}\n`;
  };
  if (options.watch === true) return await watch(draw, process.stdout, process);
  // A rate takes two readings.
  await history.read();
  await sleep(BETWEEN_MS);
  process.stdout.write(await draw());
}

const BETWEEN_MS = 500;

/** As far back as the quantiles of `--watch` look. */
const WINDOW_MS = 10_000;

class History {
  readonly #socket: string;
  #readings: Reading[] = [];

  constructor(socket: string) {
    this.#socket = socket;
  }

  async read(): Promise<void> {
    const status = await call<ServerStatus>(this.#socket, "/status");
    const at = performance.now();
    this.#readings = [...this.#readings.filter((reading) => at - reading.at <= WINDOW_MS), { at, status }];
  }

  view(): string[] {
    const { now, before, window } = this.#chosen();
    const { width, height } = sizeOf(process.stdout);
    const style = styleFor(process.stdout, processEnvironment());
    // The last line is the cursor's.
    return statusView(now, before, window, { width, height: height - 1, style });
  }

  /** What the server says, with the rates beside. */
  json(): unknown {
    const { now, before, window } = this.#chosen();
    const { stats, listeners, workers } = now.status;
    return {
      stats: { ...stats, rates: serverRates(now, before, window) },
      listeners,
      workers: workers.map((worker) => ({ ...worker, rates: workerRates(worker, now, before, window) })),
    };
  }

  /** Two readings are a look at now, with the quantiles of all that was; more of them are a watch. */
  #chosen(): { now: Reading; before: Reading | null; window: Reading | null } {
    const now = this.#readings.at(-1)!;
    return {
      now,
      before: this.#readings.at(-2) ?? null,
      window: this.#readings.length > 2 ? this.#readings[0]! : null,
    };
  }
}
