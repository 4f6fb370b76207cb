/** Writes docs/benchmarks.md and the table of README.md from bench/results/reference.json: `npm run docs:benchmarks`. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readResults } from "../src/measure/results.ts";
import { benchmarksPage, withTable } from "./benchmarks-pages.ts";

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const results = readResults(path("bench/results/reference.json"));
writeFileSync(path("docs/benchmarks.md"), benchmarksPage(results));
writeFileSync(path("README.md"), withTable(readFileSync(path("README.md"), "utf8"), results));
