#!/usr/bin/env node
/** The `junicorn` command. */

import { keepDebuggerClosed } from "../base/usr1.ts";

keepDebuggerClosed();
const { run } = await import("./run.ts");

process.exit(await run(process.argv.slice(2)));
