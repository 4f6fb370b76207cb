// A Hono app with hooks beside it, found for each request by `resolve`; and one of its routes leaves hooks on the request.

import { setWebSocketHooks } from "crossws";
import { Hono } from "hono";

const app = new Hono();

app.use(async (c, next) => {
  await next();
  c.header("X-Rebuilt", "yes"); // makes the answer anew
});

app.get("/", (c) => c.text("plain"));

app.get("/ws/:name", (c) => {
  if (c.req.header("upgrade") !== "websocket") return c.text("only as a WebSocket", 426);
  const name = c.req.param("name");
  setWebSocketHooks(c.req.raw, { message: (peer, message) => void peer.send(`${name}: ${message.text()}`) });
  return c.body(null, 426);
});

export default app;
