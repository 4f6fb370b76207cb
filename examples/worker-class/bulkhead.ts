// A worker class of your own: like `async`, but the application never has more than MOST requests at one time. Others wait in the worker,
// in order of arrival, and when LONGEST wait already a client is told 503 at once, which is better for both than an answer after a minute.
//
//     npx junicorn -k examples/worker-class/bulkhead.ts examples/worker-class/app.js
//     (printf '%s\n' 1 2 3 4 5 6 7 8 | xargs -P 8 -I _ curl -s localhost:8000)

import { BaseWorker, type Exchange, type WorkerHost } from "junicorn/worker";

const MOST = 2;
const LONGEST = 100;

export default class Bulkhead extends BaseWorker {
  readonly #waiting: Exchange[] = [];

  constructor(host: WorkerHost) {
    super(host);
    host.service.onOver = () => this.#next();
    host.log.info(`At most ${MOST} requests at a time in worker ${process.pid}`);
  }

  /** A request is here. The service has the application answer it, and everything else done: log, time-outs, hooks. */
  protected override arrived(exchange: Exchange): void {
    if (this.host.service.inFlight < MOST) super.arrived(exchange);
    else if (this.#waiting.length < LONGEST) this.#waiting.push(exchange);
    else exchange.respond(503, "", ["Content-Type", "text/plain", "Retry-After", "1"], "busy, try again\n");
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.host.service.inFlight < MOST) {
      const exchange = this.#waiting.shift()!;
      if (!exchange.over) super.arrived(exchange); // else its client has left
    }
  }
}
