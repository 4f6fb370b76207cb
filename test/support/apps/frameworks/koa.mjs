/** A Koa application in Koa's own words. */

import { Readable } from "node:stream";
import Koa from "koa";
import bodyParser from "body-parser";
import {
  compression,
  describeUpload,
  files,
  listen,
  logOf,
  LONG_TEXT,
  morgan,
  run,
  session,
  streamCompressed,
  upload,
} from "./shared.mjs";
import { raw } from "./raw.mjs";

const json = bodyParser.json();
const form = bodyParser.urlencoded({ extended: false });

const routes = {
  "GET /": (ctx) => (ctx.body = `hello from ${ctx.ip}, ${ctx.protocol}://${ctx.hostname}`),
  "GET /json": (ctx) => {
    ctx.status = 201;
    ctx.body = { a: 1 };
  },
  "GET /redirect": (ctx) => ctx.redirect("/json?from=redirect"),
  "GET /cookies": (ctx) => {
    ctx.cookies.set("a", "1");
    ctx.cookies.set("b", "two", { path: "/b", httpOnly: false });
    ctx.append("Vary", "Cookie");
    ctx.body = "cookies";
  },
  "GET /empty": (ctx) => (ctx.body = null),
  "GET /stream": (ctx) => (ctx.body = Readable.from(["a", "b", "c"])),
  "POST /json": async (ctx) => {
    await run(json, ctx.req, ctx.res);
    ctx.body = { received: ctx.req.body };
  },
  "POST /form": async (ctx) => {
    await run(form, ctx.req, ctx.res);
    ctx.body = { ...ctx.req.body };
  },
  "POST /upload": async (ctx) => {
    await run(upload, ctx.req, ctx.res);
    ctx.body = describeUpload(ctx.req.file, ctx.req.body);
  },
  "GET /compressed": async (ctx) => {
    await run(compression, ctx.req, ctx.res);
    ctx.body = LONG_TEXT;
  },
  "GET /compressed/stream": async (ctx) => {
    await run(compression, ctx.req, ctx.res);
    ctx.respond = false;
    ctx.res.statusCode = 200;
    await streamCompressed(ctx.res);
  },
  "GET /session": async (ctx) => {
    await run(session, ctx.req, ctx.res);
    const { session: kept } = ctx.req;
    kept.count = (kept.count ?? 0) + 1;
    ctx.body = `count ${kept.count}`;
  },
  "GET /log": (ctx) => (ctx.body = logOf(ctx.query.mark)),
  "GET /fail/sync": () => {
    throw new Error("sync");
  },
  "GET /fail/async": async (ctx) => {
    await Promise.resolve();
    ctx.throw(418, "async");
  },
};

const app = new Koa();
app.silent = true;
app.use(async (ctx, next) => {
  await run(morgan, ctx.req, ctx.res);
  await next();
});
app.use((ctx, next) => {
  ctx.res.statusCode = 200; // Koa begins with 404, which handlers past it would send
  if (raw(ctx.req, ctx.res)) ctx.respond = false;
  else {
    ctx.res.statusCode = 404;
    return next();
  }
});
app.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/files")) return next();
  ctx.req.url = ctx.url.slice("/files".length) || "/";
  ctx.res.statusCode = 200;
  ctx.respond = false;
  files(ctx.req, ctx.res, (error) => {
    ctx.res.statusCode = error?.status ?? 404;
    ctx.res.end("no file");
  });
});
app.use((ctx) => routes[`${ctx.method === "HEAD" ? "GET" : ctx.method} ${ctx.path}`]?.(ctx));

listen(app);
