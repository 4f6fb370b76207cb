/** How requests end, as the application hears of it: answered, cut, left by the client, stopped by a signal. */

import { poll } from "../poll.ts";
import type { RawClient } from "../raw-client.ts";
import { lines, type Case } from "./case.ts";
import { seen, type Seen } from "./site.ts";

const EVENTS = { Accept: "text/event-stream" };
const UPLOAD = { "Content-Length": "1000000", "Content-Type": "text/x-plain" };

export const ENDS: readonly Case[] = [
  ...watched("an answer at once", "GET /raw/watch/answer", answer, [/^res finish/, /^res close/, /^req close/]),
  ...watched("an answer later", "GET /raw/watch/later", answer, [/^res finish/, /^res close/, /^req close/]),
  ...watched("an answer after reading", "GET /raw/watch/read", answer, [/^req end/, /^res finish/, /^res close/]),
  ...watched("the client goes in the middle of an answer", "GET /raw/watch/hang", shows("never"), [
    /^req aborted/,
    /^res close/,
    /^req close/,
  ]),
  ...watched("the application cuts its answer", "GET /raw/watch/destroy", cut, [/^res close/]),
  ...watched(
    "events, until the client goes",
    "GET /raw/watch/events",
    shows("data: 2"),
    [/^req close/, /^res close/],
    EVENTS,
  ),
  ...watched("events to a client that says nothing of them", "GET /raw/watch/events", shows("data: 2"), [
    /^req close/,
    /^res close/,
  ]),
  ...watched("work stopped by a signal when the client goes", "GET /raw/watch/signal", shows("working"), [
    /^AbortError/,
  ]),
  ...watched("a pipeline stopped by a signal", "GET /raw/watch/pipeline", cut, [/^AbortError/]),
  ...watched("a response destroyed by a signal", "GET /raw/watch/add-signal", cut, [/^res close/]),
  ...watched(
    "the client goes in the middle of an upload",
    "POST /raw/watch/upload",
    (client, hears) => client.send("x".repeat(1000)).then(() => hears("data")),
    [/^data/, /^req aborted/, /^req error ECONNRESET/, /^req close/, /^res close/],
    UPLOAD,
  ),
];

// --- internal ---

type Act = (client: RawClient, hears: (event: string) => Promise<unknown>) => Promise<unknown>;

/**
 * A request under an id of its own, and what the application heard of it until all `patterns` were among it; once over a connection of its own, and
 * once over one that was used before, which on uws means that uWebSockets has it whatever the request.
 */
function watched(
  name: string,
  line: string,
  act: Act,
  patterns: readonly RegExp[],
  headers?: Record<string, string>,
): Case[] {
  return [false, true].map((used) => ({
    name: used ? `${name}, over a connection in use` : name,
    expect: { heard: lines(...patterns) },
    run: (site) => site.watch(line, { act, patterns, used, headers }),
  }));
}

function answer(client: RawClient): Promise<Seen> {
  return client.read().then(seen);
}

/** The connection ends before the answer does; how much of it arrived is a matter of luck. */
async function cut(client: RawClient): Promise<boolean> {
  await client.closed().catch(() => false);
  await poll(() => client.isClosed);
  return client.pending.toString("latin1").endsWith("0\r\n\r\n");
}

/** Some of the answer is here; the connection ends after that. */
function shows(part: string): Act {
  return (client) => poll(() => client.pending.includes(part), { what: `"${part}" from the server` });
}
