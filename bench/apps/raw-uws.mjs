/** uWebSockets.js by itself, answering as hello-node.mjs does: `node raw-uws.mjs PORT`. */

import uws from "uWebSockets.js";

uws
  .App()
  .any("/*", (res) => res.writeHeader("Content-Type", "text/plain").end("Hello, World!"))
  .listen("127.0.0.1", Number(process.argv[2]), (socket) => {
    if (!socket) process.exit(1);
  });
