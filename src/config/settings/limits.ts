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
