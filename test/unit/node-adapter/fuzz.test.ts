/** Whatever an application does to req and res, in whatever order, must not throw out of handle() or break the exchange's rules. */

import type { IncomingMessage, ServerResponse } from "node:http";
import fc from "fast-check";
import { it } from "vitest";
import { RecordingExchange } from "../../support/recording-exchange.ts";
import { handlerOf, turn } from "./run.ts";

type Step = (req: IncomingMessage, res: ServerResponse, exchange: StrictExchange) => unknown;

/** Complains about calls in a state that has none of them. */
class StrictExchange extends RecordingExchange {
  readonly broken: string[] = [];

  override start(...args: Parameters<RecordingExchange["start"]>): void {
    if (!this.over && this.started) this.broken.push("start after start");
    super.start(...args);
  }
  override write(chunk: string | Uint8Array): boolean {
    if (!this.over && (!this.started || this.ended)) this.broken.push("write out of order");
    return super.write(chunk);
  }
  override end(trailers?: string[]): void {
    if (!this.over && (!this.started || this.ended)) this.broken.push("end out of order");
    super.end(trailers);
  }
}

const STEPS: Record<string, Step> = {
  setHeader: (_req, res) => res.setHeader("X-A", "1"),
  removeHeader: (_req, res) => res.removeHeader("X-A"),
  badHeader: (_req, res) => res.setHeader("X", "a\nb"),
  writeHead: (_req, res) => res.writeHead(200, { "X-B": "2" }),
  writeHead204: (_req, res) => res.writeHead(204),
  flushHeaders: (_req, res) => res.flushHeaders(),
  write: (_req, res) => res.write("data"),
  writeBytes: (_req, res) => res.write(Buffer.from("data"), () => {}),
  writeEmpty: (_req, res) => res.write(""),
  writeBad: (_req, res) => res.write(1 as unknown as string),
  end: (_req, res) => res.end(),
  endWith: (_req, res) => res.end("last", () => {}),
  addTrailers: (_req, res) => res.addTrailers({ "X-T": "1" }),
  continue: (_req, res) => res.writeContinue(),
  cork: (_req, res) => {
    res.cork();
    res.uncork();
  },
  destroy: (_req, res) => res.destroy(),
  destroyWith: (_req, res) => res.destroy(new Error("destroyed")),
  destroyRequest: (req) => req.destroy(),
  destroySocket: (req) => req.socket.destroy(),
  endSocket: (req) => req.socket.end(),
  resume: (req) => req.resume(),
  read: (req) => req.read(),
  pause: (req) => req.pause(),
  gone: (_req, _res, exchange) => exchange.clientGone(),
  full: (_req, _res, exchange) => {
    exchange.full = true;
  },
  drain: (_req, _res, exchange) => exchange.drain(),
  plainPrototype: (_req, res) =>
    Object.setPrototypeOf(res, Object.create(Object.getPrototypeOf(Object.getPrototypeOf(res)) as object)),
  throw: () => {
    throw new Error("thrown");
  },
};

it("survives any sequence of calls", async () => {
  const step = fc.record({ name: fc.constantFrom(...Object.keys(STEPS)), later: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 14 }),
      fc.boolean(),
      fc.constantFrom("GET", "HEAD", "POST"),
      async (steps, listens, method) => {
        const exchange = new StrictExchange({
          method,
          ...(method === "POST" ? { body: [Buffer.from("a"), Buffer.from("b")] } : {}),
        });
        let closed = 0;
        const handler = handlerOf(async (req: IncomingMessage, res: ServerResponse) => {
          for (const stream of [req, res]) stream.on("error", () => {});
          if (listens)
            for (const event of ["finish", "close"])
              res.on(event, () => {
                if (event === "close") closed++;
              });
          for (const { name, later } of steps) {
            if (later) await turn();
            try {
              STEPS[name]!(req, res, exchange);
            } catch (error) {
              if ((error as Error).message === "thrown") throw error;
            }
          }
        });
        handler.handle(exchange);
        for (let i = 0; i < steps.length * 2 + 4; i++) await turn();
        if (!exchange.over) exchange.clientGone();
        await turn();
        await turn();
        if (exchange.broken.length > 0) throw new Error(exchange.broken.join());
        if (listens && closed !== 1) throw new Error(`${closed} times closed`);
      },
    ),
    { numRuns: 400 },
  );
});
