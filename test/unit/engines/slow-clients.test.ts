/** What is watched for slow clients is let go of as soon as it is done. */

import { expect, test } from "vitest";
import { SlowClients, type WatchedConnection } from "../../../src/engines/slow-clients.ts";

test("a connection that is forgotten is not looked at any more", () => {
  const clients = new SlowClients({ bodyMs: 1000, writeMs: 1000 });
  const looked: string[] = [];
  const watched = (name: string): WatchedConnection => ({
    open: true,
    reading: true,
    exchange: {
      body: null,
      bodyBytes: 0,
      bytesSent: 5,
      complete: true,
      over: false,
      bodyFlows: false,
      bodyRequested: false,
    },
    queued: () => looked.push(name),
    cut: () => {},
  });
  const done = watched("done");
  clients.watch(done);
  clients.watch(watched("waiting"));
  clients.forget(done);
  clients.sweep(performance.now());
  expect(looked).toEqual(["waiting"]);
});
