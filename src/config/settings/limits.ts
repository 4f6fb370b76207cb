/** Settings that bound what a client may send before the application sees it. */

import { section } from "../setting.ts";
import { integer, seconds } from "../validators.ts";

const MEBIBYTE = 2 ** 20;

export const limits = section("Limits", {
  limitRequestLine: {
    type: integer(0, MEBIBYTE),
    default: 4094,
    flags: "--limit-request-line",
    summary: "Longest request line in bytes; 0 is unlimited",
    text: `
Longest request line (method, target and version) in bytes, up to ${MEBIBYTE}; 0 is unlimited. A longer one is
answered with 414. Raise it for applications that put much into query strings.`,
  },
  limitRequestFields: {
    type: integer(1, 32_768),
    default: 100,
    flags: "--limit-request-fields",
    summary: "Most header fields of a request",
    text: `
Most header fields a request may have, up to 32768; trailer fields are counted apart. More are answered with 431.`,
  },
  limitRequestFieldSize: {
    type: integer(0, MEBIBYTE),
    default: 8190,
    flags: "--limit-request-field-size",
    summary: "Longest header field in bytes; 0 is unlimited",
    text: `
Longest header field (name, value and line end) in bytes, up to ${MEBIBYTE}; 0 is unlimited. A longer one is answered
with 431. Raise it for large cookies or tokens. Limits hold while a request is being received, so what exceeds them
takes no memory.`,
  },
  limitRequestBody: {
    type: integer(0, Number.MAX_SAFE_INTEGER),
    default: 0,
    flags: "--limit-request-body",
    summary: "Largest request body in bytes; 0 is unlimited",
    text: `
Most bytes of a request body; 0 is unlimited. A larger one is answered with 413: before any of it is read where its length is
declared, and with the first byte too many where it comes in chunks.`,
  },
  bodyTimeout: {
    type: seconds(),
    default: 60,
    flags: "--body-timeout",
    summary: "Seconds a client may pause while it sends a body",
    text: `
Seconds without a byte of a request body that the application waits for; 0 is no limit. The application's read fails then, and unless
it answers something else the client gets 408. Connections on uWebSockets are cut after 10 s, and where less than 16 KiB/s come.`,
  },
  writeTimeout: {
    type: seconds(),
    default: 30,
    flags: "--write-timeout",
    summary: "Seconds in which a client must take something of its answer",
    text: `
Seconds in which a client takes nothing of an answer that waits for it; 0 is no limit. Its connection is cut then, so that it cannot
hold memory, a thread or a \`sync\` worker for longer: these are their client's until the kernel has the whole answer, which it takes
up to about 200 KiB at once. A proxy that buffers answers, as nginx does, spares them the rest. Connections on uWebSockets are cut after 10 s.`,
  },
  headerTimeout: {
    type: seconds(),
    default: 30,
    flags: "--header-timeout",
    summary: "Seconds a client has to send a request's head",
    text: `
Seconds from the connection, or from the first byte of a later request, until the request line and all header fields
are there; 0 is no limit. A client that is slower is cut off, so that it cannot hold a worker.`,
  },
  requestTimeout: {
    type: seconds(),
    default: 0,
    flags: "--request-timeout",
    summary: "Seconds until a request must be answered; 0 is off",
    text: `
Seconds from a request's head to the end of its answer, the time it waits for a thread included; 0 is no limit. On expiry
the client gets 504, or is cut off if the answer has begun, and the application's abort signal fires (\`request.signal\`;
\`close\` on req and res). It holds for event streams as well. An application that never lets the event loop turn can
only be stopped in the \`gthread\` class (see \`requestKillTimeout\`); in the others \`timeout\` ends the worker.`,
  },
  requestKillTimeout: {
    type: seconds(),
    default: 5,
    flags: "--request-kill-timeout",
    summary: "Seconds a gthread thread has to return from an expired request",
    text: `
Seconds that a thread of the \`gthread\` class has to return after \`requestTimeout\` has expired. One that has not by then
is terminated and replaced, and the JavaScript it was running is written to the error log; other threads, their
requests and all connections are untouched.`,
  },
});
