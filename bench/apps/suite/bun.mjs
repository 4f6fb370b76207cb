/** The suite's application on Bun. */

import app from "./fetch.mjs";

Bun.serve({
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  fetch(request, server) {
    if (request.headers.get("upgrade") === "websocket" && server.upgrade(request)) return undefined;
    return app.fetch(request);
  },
  websocket: { message: (socket, message) => socket.send(message) },
});
