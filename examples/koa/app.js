// A Koa app. Junicorn takes the app itself, or its app.callback().
//
//     npx junicorn examples/koa/app.js

import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import Koa from "koa";

const app = new Koa();

app.use(async (ctx) => {
  switch (`${ctx.method} ${ctx.path}`) {
    case "GET /":
      ctx.body = "Hello from Koa!\n";
      break;
    case "POST /echo":
      ctx.body = await json(ctx.req);
      break;
    case "GET /stream":
      ctx.type = "text/plain";
      ctx.body = Readable.from(["line 1\n", "line 2\n", "line 3\n"]);
      break;
    case "GET /error":
      throw new Error("this route always fails");
  }
});

export default app;
