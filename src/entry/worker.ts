/** Main of a worker process. */

import { Worker } from "../workers/worker.ts";

process.exit(await new Worker().run());
