/** The suite's application on Deno. */

import process from "node:process";
import app from "./fetch.mjs";

Deno.serve({ port: Number(process.env.PORT), hostname: "127.0.0.1", onListen() {} }, (request) => {
  if (request.headers.get("upgrade") !== "websocket") return app.fetch(request);
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
});
