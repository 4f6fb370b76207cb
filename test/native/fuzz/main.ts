/** `npm run fuzz -- --inputs 2000000 [--seed N] [--from I]`: prints the seed, the pace, and what the inputs led to. */

import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "2000000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_007) },
    from: { type: "string", default: "0" },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed);
const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1000;

process.stdout.write(`fuzzing ${inputs} inputs with --seed ${seed} --from ${values.from}\n`);
const report = fuzz({
  seed,
  from: Number(values.from),
  inputs,
  progress: (done) => {
    if (done % 100_000 === 0) process.stdout.write(`${done} inputs, ${Math.round(done / seconds())} a second\n`);
  },
});
const rules = [...report.rules].sort(([, a], [, b]) => b - a);
for (const [rule, count] of rules) process.stdout.write(`${String(count).padStart(9)} ${rule}\n`);
process.stdout.write(
  `${report.inputs} inputs, ${(report.bytes / 1e6).toFixed(0)} MB, ${seconds().toFixed(1)} s: no difference, no crash\n`,
);
