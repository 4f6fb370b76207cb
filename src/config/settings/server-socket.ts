/** Settings about the sockets that are listened on. */

import { section } from "../setting.ts";
import { address, integer, list, toggle } from "../validators.ts";

export const serverSocket = section("Server socket", {
  bind: {
    type: list("list of addresses", address()),
    default: ["127.0.0.1:8000"],
    flags: "-b, --bind",
    variable: { name: "PORT", toText: (port) => `0.0.0.0:${port.trim()}`, note: "binds `0.0.0.0:$PORT`" },
    summary: "Address to listen on; may be repeated",
    text: `
Where to listen: \`HOST\`, \`HOST:PORT\`, \`:PORT\`, \`[IPV6]:PORT\`, \`tcp://HOST:PORT\`, \`unix:PATH\` (or
\`unix://PATH\`), or \`fd://N\` for a listening socket that was inherited. An address without a port takes 8000, one
without a host \`0.0.0.0\`; port 0 lets the system choose.

Several addresses: repeat the option, put commas between them, or give an array in a config file. A setting of higher
precedence replaces the whole list. The default is reachable from this machine only: in a container bind
\`0.0.0.0:8000\`, or set \`PORT\`.`,
  },
  backlog: {
    type: integer(1),
    default: 2048,
    flags: "--backlog",
    restart: true,
    summary: "Connections that may wait to be accepted",
    text: `
How many connections may wait in the kernel for a worker, per listener. Connections past it are dropped or refused,
which clients see as a slow or failed connect. The kernel silently cuts it to \`net.core.somaxconn\` (4096 on current
Linux).`,
  },
  reusePort: {
    type: toggle(),
    default: false,
    flags: "--reuse-port",
    restart: true,
    summary: "Give each worker a listening socket of its own (SO_REUSEPORT)",
    text: `
The master opens one listening socket per worker for each TCP address, and the kernel spreads new connections over them. It
keeps them all for its whole life, and a worker's successor takes over its socket, so a restart, a reload or a smaller number of workers
resets nothing: a socket without a worker is served by the others. It helps with very many short connections, when workers
contend for one queue. It hurts when requests differ in length: a connection waits for its worker although another
is idle. There are as many sockets as \`workers\` at the start; workers added later share.`,
  },
});
