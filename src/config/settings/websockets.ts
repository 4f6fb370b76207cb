/** Settings of WebSockets that applications serve by hooks. Those they open themselves, from `upgrade` listeners, are theirs to limit. */

import { section } from "../setting.ts";
import { integer, seconds, toggle } from "../validators.ts";

export const webSockets = section("WebSockets", {
  wsMaxPayload: {
    type: integer(1, 1024 * 1024 * 1024),
    default: 16 * 1024 * 1024,
    flags: "--ws-max-payload",
    summary: "Longest WebSocket message in bytes",
    text: `
Longest WebSocket message in bytes that a client may send, after decompression, up to 1 GiB. A longer one closes its
connection with code 1009.`,
  },
  wsMaxBackpressure: {
    type: integer(0),
    default: 16 * 1024 * 1024,
    flags: "--ws-max-backpressure",
    summary: "Most bytes queued for a WebSocket client; 0 is unlimited",
    text: `
Bytes that may wait for one WebSocket client, because it reads more slowly than the application sends; 0 is unlimited.
A client for which more are waiting when the next message is sent is cut off, so that it cannot take the worker's
memory; the application's \`close\` hook is told 1006. Applications that send much should look at
\`peer.bufferedAmount\` and wait for the \`drain\` hook.`,
  },
  wsIdleTimeout: {
    type: seconds(),
    default: 120,
    flags: "--ws-idle-timeout",
    summary: "Seconds of silence after which a WebSocket is closed",
    text: `
Seconds after which a WebSocket is cut off when nothing was heard of its client, neither a message nor the answer to a
ping; 0 is no limit. With pings on (see \`ws_ping_interval\`) only clients that are no longer there are silent for long.`,
  },
  wsPingInterval: {
    type: seconds(),
    default: 20,
    flags: "--ws-ping-interval",
    summary: "Seconds after which a silent WebSocket is pinged; 0 is never",
    text: `
Seconds after which a WebSocket client that is silent is pinged; 0 is never. Keep it below \`ws_idle_timeout\`, and below
the time after which a proxy in between closes idle connections (60 s in nginx).`,
  },
  wsCompression: {
    type: toggle(),
    default: false,
    flags: "--ws-compression",
    summary: "Compress WebSocket messages (permessage-deflate)",
    text: `
Agrees to compress messages with clients that offer it (permessage-deflate, each message by itself). What is shorter
than 1 KiB is sent as it is. It costs processor time and, on the llhttp engine, memory for each connection.`,
  },
});
