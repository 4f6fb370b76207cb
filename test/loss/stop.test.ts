/** A stop answers what has come before it, whoever holds it: a worker, or the kernel's accept queue. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { backlogOf } from "../support/backlog.ts";
import { slowCall } from "../support/mixed-load.ts";
import { poll } from "../support/poll.ts";
import { RawClient, request } from "../support/raw-client.ts";
import { Load } from "../support/strict-client.ts";
import { expectNoLosses, record, row, start, steadyLoad, SUBJECTS } from "./steady.ts";

const WAITING = 500;

test("TERM while 500 connections wait in the accept queue of a busy sync -w 2", async (context) => {
  const [subject] = SUBJECTS;
  const server = await start(context, subject);
  const load = new Load({
    target: server.port,
    clients: WAITING + 2,
    count: WAITING + 2,
    keepAlive: "none",
    call: (id, last) => slowCall(id, last, id < 2 ? 2500 : 4),
  });
  await poll(() => backlogOf(server.port) === WAITING, { what: () => `500 waiting, not ${backlogOf(server.port)}` });
  server.signal("SIGTERM");
  const report = await load.finished();
  record("TERM with 500 connections in the accept queue", subject, report.sent, report.lost.length);
  expectNoLosses(report.lost, server);
  expect(await server.exited()).toEqual({ code: 0, signal: null });
});

row("a client that connected before TERM, and takes its time to ask", async (subject, context) => {
  const server = await start(context, subject);
  const client = await RawClient.connect(server.port);
  server.signal("SIGTERM");
  await server.waitFor(/Handling signal: term/);
  await sleep(300);
  await client.send(request("GET /hello"));
  const answer = await client.read();
  client.destroy();
  record("TERM while a client has not sent its request yet", subject, 1, answer.status === 200 ? 0 : 1);
  expect(answer.status).toBe(200);
  expect(await server.exited()).toEqual({ code: 0, signal: null });
});

row("TERM under load: nothing but refusals", async (subject, context) => {
  const server = await start(context, subject);
  const load = steadyLoad(server.port);
  await poll(() => load.sent > 200, { what: "200 requests" });
  server.signal("SIGTERM");
  expect(await server.exited()).toEqual({ code: 0, signal: null });
  const { sent, lost } = await load.stop();
  const broken = lost.filter(({ loss }) => loss !== "refused");
  record("TERM: refused from some moment on, none broken", subject, sent, broken.length);
  expectNoLosses(broken, server);
});
