// An h3 app, the server of Nitro and Nuxt. It has a fetch method, so Junicorn speaks the web-standard interface to it.
//
//     npx junicorn examples/h3/app.js

import { H3 } from "h3";

const app = new H3();

app.get("/", () => "Hello from h3!\n");

app.post("/echo", (event) => event.req.json());

app.get("/stream", (event) => {
  event.res.headers.set("Content-Type", "text/plain");
  return ReadableStream.from(["line 1\n", "line 2\n", "line 3\n"]).pipeThrough(new TextEncoderStream());
});

app.get("/error", () => {
  throw new Error("this route always fails");
});

export default app;
