#!/usr/bin/env node
/** The `junicorn` command. */

import { run } from "./run.ts";

process.exit(await run(process.argv.slice(2)));
