// A Hono app. It has a fetch method, so Junicorn speaks the web-standard interface to it; no node-server package is needed.
//
//     npx junicorn examples/hono/app.js

import { Hono } from "hono";
import { streamText } from "hono/streaming";

const app = new Hono();

app.get("/", (c) => c.text("Hello from Hono!\n"));

app.post("/echo", async (c) => c.json(await c.req.json()));

app.get("/stream", (c) =>
  streamText(c, async (stream) => {
    for (let i = 1; i <= 3; i++) {
      await stream.writeln(`line ${i}`);
      await stream.sleep(20);
    }
  }),
);

app.get("/error", () => {
  throw new Error("this route always fails");
});

export default app;
