/** Main of a worker process. */

import { keepDebuggerClosed } from "../base/usr1.ts";

keepDebuggerClosed();
const { Worker } = await import("../workers/worker.ts");

const loadHooks = async (file: string) => (await import("../config/file/worker-hooks.ts")).loadWorkerHooks(file);

process.exit(await new Worker(loadHooks).run());
