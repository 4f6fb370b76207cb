// Hooks: what is to happen once, what in every worker, and around each request.
//
//     cd examples/hooks && npx junicorn app.js
//
// docs/hooks.md tells of all of them.

import { setTimeout as sleep } from "node:timers/promises";

/** Requests that took longer than this are worth a line in the log, in milliseconds. */
const SLOW = 500;

/** Of this worker: each worker has a copy of this file, and of its variables. */
let slowRequests = 0;

export default {
  workers: 2,

  /** Once, in the master, before anything else: the server waits for it. */
  async onStarting(server) {
    await sleep(100); // a migration of the database, say
    server.log.info("The database is ready");
  },

  /** In every worker, when it has loaded the application. */
  postWorkerInit(worker) {
    worker.log.info(`Worker ${worker.age} serves ${worker.settings.app}`);
  },

  /** After each request. */
  postRequest(worker, request, response) {
    if (response.milliseconds < SLOW) return;
    slowRequests++;
    worker.log.warning(
      `${request.method} ${request.path} took ${response.milliseconds.toFixed(0)} ms (${response.status}), the ${slowRequests}. of this worker`,
    );
  },

  /** In the master, when a worker is gone, however it ended. */
  childExit(server, worker) {
    if (worker.exit?.signal === "SIGKILL") server.log.error(`Worker ${worker.age} was killed: tell somebody`);
  },
};
