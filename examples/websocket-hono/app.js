// A Hono app with a WebSocket route: the route leaves hooks on the request, and so works behind any of Hono's middleware.
//
//     npx junicorn --worker-class async examples/websocket-hono/app.js

import { setWebSocketHooks } from "crossws";
import { Hono } from "hono";
import { logger } from "hono/logger";

const app = new Hono();

app.use(logger());

app.get("/", (c) => c.text("Connect a WebSocket to /echo/NAME\n"));

app.get("/echo/:name", (c) => {
  const name = c.req.param("name");
  setWebSocketHooks(c.req.raw, {
    open: (peer) => void peer.send(`Hello, ${name}!`),
    message: (peer, message) => void peer.send(`${name} said: ${message.text()}`),
  });
  return c.text("This is for WebSockets\n", 426);
});

export default app;
