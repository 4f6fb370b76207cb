/** HUP loses nothing, however often it comes, and whatever it finds. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { APPS, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { temporaryFolder } from "../support/tools.ts";
import { expectNothingLost, FULL, record, row, start, type Subject, underLoad } from "./steady.ts";

const HUPS = FULL ? 50 : 3;

row(`${HUPS} HUPs, one a second`, async (subject, context) => {
  const server = await start(context, subject);
  const first = server.workers;
  const report = await underLoad(server, async () => {
    for (let hup = 0; hup < HUPS; hup++) {
      server.signal("SIGHUP");
      await sleep(1000);
    }
    await renewed(server, first);
  });
  record(`${HUPS} HUPs, one a second`, subject, report.sent, report.lost.length, `${report.workers.size} workers`);
  expectNothingLost(report, server);
  expect(report.workers.size, "workers that answered").toBeGreaterThan(HUPS);
});

row("a HUP onto a broken app, then a fixed one", async (subject, context) => {
  const app = join(temporaryFolder(context), "app.mjs");
  writeFileSync(app, sound(subject));
  const server = await start(context, subject, [], app);
  const first = server.workers;
  const report = await underLoad(server, async () => {
    writeFileSync(app, `${sound(subject)}\nexport const late = ;\n`);
    server.signal("SIGHUP");
    await server.waitFor(new RegExp(`${app.replaceAll(".", "\\.")}:2`));
    await sleep(500);
    expect(
      first.filter((pid) => !server.workers.includes(pid)),
      "old workers that have left",
    ).toEqual([]);
    writeFileSync(app, sound(subject));
    server.signal("SIGHUP");
    await renewed(server, first);
  });
  record("HUP onto a broken app, then a fixed one", subject, report.sent, report.lost.length);
  expectNothingLost(report, server);
});

// --- internal ---

function sound({ interface: name }: Subject): string {
  const load = pathToFileURL(join(APPS, "proxied.mjs")).href;
  return `export { ${name === "node" ? "node as default" : "default"} } from "${load}";`;
}

/** Two workers, none of which was there before. */
async function renewed(server: Junicorn, before: readonly number[]): Promise<void> {
  await poll(() => server.workers.length === 2 && !server.workers.some((pid) => before.includes(pid)), {
    what: () => `two new workers instead of ${before.join()}; there are ${server.workers.join()}\n${server.output}`,
  });
}
