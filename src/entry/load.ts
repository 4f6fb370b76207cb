/** A client process: reads what is asked for from its input, one line of JSON, and prints the result as another. */

import { createInterface } from "node:readline";
import { runAutocannon } from "../measure/load/autocannon.ts";
import type { LoadOptions } from "../measure/load/options.ts";
import { runPaced } from "../measure/load/paced.ts";

const lines = createInterface(process.stdin);
// Whoever asked is gone.
lines.once("close", () => process.exit(1));
lines.once("line", (line) => {
  const options = JSON.parse(line) as LoadOptions;
  const run = options.driver === "paced" ? runPaced : runAutocannon;
  run(options).then(
    (result) => process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0)),
    (error: unknown) =>
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () => process.exit(1)),
  );
});
