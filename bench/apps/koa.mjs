/** A Koa server as people write it: runs alone, and under Junicorn. */

import Koa from "koa";

const app = new Koa();
app.use((context) => {
  context.body = "Hello, World!";
});
app.listen(Number(process.env.PORT), "127.0.0.1");
