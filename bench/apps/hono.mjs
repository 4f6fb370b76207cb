/** The smallest Hono application; hono-node-server.mjs serves it without Junicorn. */

import { Hono } from "hono";

const app = new Hono();
app.get("/", (context) => context.text("Hello, World!"));

export default app;
