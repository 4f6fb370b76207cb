import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import express, { type Express } from "express";
import Fastify from "fastify";
import { H3, toNodeHandler } from "h3";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { fields, handlerOf, request, type Failure } from "./run.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

const JSON_POST = {
  method: "POST",
  target: "/echo",
  headers: ["Host", "a.test", "Content-Type", "application/json", "Content-Length", "7"],
  body: [Buffer.from('{"a":1}')],
};

function expressApp(): Express {
  const app = express();
  app.use(express.json());
  app.get("/", (req, res) => {
    res.send(`express for ${req.hostname} from ${req.ip}`);
  });
  app.post("/echo", (req, res) => {
    res.json(req.body);
  });
  app.get("/stream", (_req, res) => {
    Readable.from(["a", "b", "c"]).pipe(res.type("text"));
  });
  app.get("/fail", () => {
    throw new Error("boom");
  });
  app.get("/proto", (req, res) => {
    const same = [Object.getPrototypeOf(req) === app.request, Object.getPrototypeOf(res) === app.response];
    res.json(same);
  });
  const mounted = express();
  mounted.get("/", (req, res) => {
    res.send(`mounted at ${req.baseUrl}`);
  });
  app.use("/sub", mounted);
  app.get("/sub/after", (_req, res) => {
    res.json([Object.getPrototypeOf(res) === app.response]);
  });
  return app;
}

async function koaApp(): Promise<Koa> {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx) => {
    if (ctx.path === "/") ctx.body = "koa";
    else if (ctx.path === "/stream") ctx.body = Readable.from(["a", "b", "c"]);
    else if (ctx.path === "/fail") throw new Error("boom");
    else {
      const chunks: Buffer[] = [];
      for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
      ctx.body = JSON.parse(Buffer.concat(chunks).toString()) as object;
    }
  });
  return app;
}

async function fastifyServer(): Promise<unknown> {
  const app = Fastify();
  app.get("/", () => "fastify");
  app.post("/echo", (request) => request.body);
  app.get("/stream", (_request, reply) => reply.type("text/plain").send(Readable.from(["a", "b", "c"])));
  app.get("/fail", () => {
    throw new Error("boom");
  });
  await app.ready();
  return app.server;
}

describe.each<[string, () => unknown, string]>([
  ["Express", expressApp, "express for a.test from 192.0.2.1"],
  [
    "Express in a function",
    () => {
      const app = expressApp();
      return (req: IncomingMessage, res: ServerResponse) => app(req as never, res as never);
    },
    "express for a.test from 192.0.2.1",
  ],
  ["Express in a server", () => createServer(expressApp()), "express for a.test from 192.0.2.1"],
  ["Koa", async () => (await koaApp()).callback(), "koa"],
  ["Fastify", fastifyServer, "fastify"],
])("%s", (_, make, greeting) => {
  it("answers, again and again", async () => {
    const handler = handlerOf(await make());
    for (let i = 0; i < 3; i++) {
      const exchange = new RecordingExchange({ headers: ["Host", "a.test"] });
      handler.handle(exchange);
      await exchange.finished();
      expect(exchange).toMatchObject({ status: 200, bodyText: greeting });
    }
  });

  it("reads JSON", async () => {
    const exchange = await request(await make(), JSON_POST);
    expect(exchange.status).toBe(200);
    expect(JSON.parse(exchange.bodyText)).toEqual({ a: 1 });
    expect(fields(exchange, "content-type")[0]).toMatch("application/json");
  });

  it("streams", async () => {
    expect(await request(await make(), { target: "/stream" })).toMatchObject({
      status: 200,
      bodyText: "abc",
      ended: true,
    });
  });

  it("answers its own errors with 500", async () => {
    const error = console.error;
    console.error = () => {};
    try {
      const failures: Failure[] = [];
      expect(await request(await make(), { target: "/fail" }, failures)).toMatchObject({ status: 500 });
      expect(failures).toEqual([]);
    } finally {
      console.error = error;
    }
  });

  it("answers HEAD", async () => {
    const exchange = await request(await make(), { method: "HEAD", headers: ["Host", "a.test"] });
    expect(exchange.status).toBe(200);
  });
});

describe("Express", () => {
  it("finds its own prototypes on req and res", async () => {
    expect((await request(expressApp(), { target: "/proto" })).bodyText).toBe("[true,true]");
  });

  it("mounts apps, and gets its prototypes back after them", async () => {
    const app = expressApp();
    expect((await request(app, { target: "/sub" })).bodyText).toBe("mounted at /sub");
    expect((await request(app, { target: "/sub/after" })).bodyText).toBe("[true]");
  });

  it("still serves real requests after it was adopted", async () => {
    const app = expressApp();
    await request(app);
    const server = app.listen(0, "127.0.0.1");
    try {
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as { port: number };
      const answer = await fetch(`http://127.0.0.1:${port}/stream`);
      expect([answer.status, await answer.text()]).toEqual([200, "abc"]);
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toMatch("express for 127.0.0.1");
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it("sees methods added to app.response after it was adopted", async () => {
    const app = express();
    const handler = handlerOf(app);
    (app.response as unknown as { shout(text: string): void }).shout = function (this: ServerResponse, text: string) {
      this.end(text.toUpperCase());
    };
    app.get("/", (_req, res) => {
      (res as unknown as { shout(text: string): void }).shout("late");
    });
    const exchange = new RecordingExchange();
    handler.handle(exchange);
    expect((await exchange.finished()).bodyText).toBe("LATE");
  });
});

it("h3 answers through its node handler", async () => {
  const app = new H3();
  app.get("/", () => "h3");
  expect((await request(toNodeHandler(app))).bodyText).toBe("h3");
});
