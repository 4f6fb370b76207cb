/** Main of a worker process. */

import { Worker } from "../workers/worker.ts";

const loadHooks = async (file: string) => (await import("../config/file/worker-hooks.ts")).loadWorkerHooks(file);

process.exit(await new Worker(loadHooks).run());
