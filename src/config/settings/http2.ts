/** Settings about HTTP/2. */

import { section } from "../setting.ts";
import { choice, integer, list } from "../validators.ts";

const LARGEST_WINDOW = 2 ** 31 - 1;
const SMALLEST_FRAME = 2 ** 14;
const LARGEST_FRAME = 2 ** 24 - 1;

export const http2 = section("HTTP/2", {
  httpProtocols: {
    type: list("list of `h1` and `h2`", choice("h1", "h2")),
    default: ["h1"],
    flags: "--http-protocols",
    summary: "What is spoken: h1, or h1,h2 for HTTP/2 as well",
    text: `
\`h1\` is HTTP/1.0 and 1.1, \`h2\` HTTP/2, which needs TLS (\`certfile\`): without, HTTP/1 alone is served, and the log says so. With both, each client gets what it
can do, HTTP/2 rather than HTTP/1.1, whichever is named first. See [http2.md](http2.md).`,
  },
  http2MaxConcurrentStreams: {
    type: integer(1, 65_536),
    default: 100,
    flags: "--http2-max-concurrent-streams",
    summary: "Most requests that a client may have in progress on a connection",
    text: `
\`workerConnections\` counts connections, so a worker may have that many times this number of requests in progress. Clients that heed it wait; what comes in excess is refused,
and safe to send again.`,
  },
  http2InitialWindowSize: {
    type: integer(1, LARGEST_WINDOW),
    default: 65_535,
    flags: "--http2-initial-window-size",
    summary: "Bytes of a request body that a client may send ahead of us",
    text: `
For each request: that much of a body that the application does not read (yet) may be kept in memory. Larger windows make uploads over long distances faster.`,
  },
  http2MaxFrameSize: {
    type: integer(SMALLEST_FRAME, LARGEST_FRAME),
    default: SMALLEST_FRAME,
    flags: "--http2-max-frame-size",
    summary: "Largest frame that clients may send, in bytes",
    text: `
From ${SMALLEST_FRAME} to ${LARGEST_FRAME}. What we send is no larger than what the client allows.`,
  },
  http2MaxHeaderListSize: {
    type: integer(1024, LARGEST_WINDOW),
    default: 65_536,
    flags: "--http2-max-header-list-size",
    summary: "Most bytes of all header fields of a request, unpacked",
    text: `
Each field counts with 32 bytes more than its name and value have. A request over it is reset before it takes that memory, and the application does not hear of it;
\`limitRequestFields\` and \`limitRequestFieldSize\` hold as well, and are answered with 431.`,
  },
});
