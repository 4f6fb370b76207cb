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
});
