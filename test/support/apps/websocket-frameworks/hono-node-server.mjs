// Hono's own WebSocket helper for Node: its server listens, and takes upgrades as raw sockets.

import { serve, upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import { WebSocketServer } from "ws";

const app = new Hono();

app.get("/", (c) => c.text("plain"));

app.get(
  "/ws/:name",
  upgradeWebSocket((c) => ({
    onOpen: (_event, ws) => ws.send(`welcome ${c.req.param("name")}`),
    onMessage: (event, ws) => ws.send(event.data),
  })),
);

serve({ fetch: app.fetch, port: 3000, websocket: { server: new WebSocketServer({ noServer: true }) } });
