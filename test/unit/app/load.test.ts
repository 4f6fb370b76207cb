import type { Server } from "node:http";
import { Server as NetServer } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHandler } from "../../../src/app/handler.ts";
import { loadApp, type LoadedApp } from "../../../src/app/load.ts";
import { adapterOptions } from "../node-adapter/run.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

const APPS = fileURLToPath(new URL("../../support/apps/", import.meta.url));
const globals = globalThis as Record<string, unknown>;

function load(
  spec: string,
  options: { interface?: "auto" | "fetch" | "node" | "wsgi"; log?: { warning(message: string): void } } = {},
): Promise<LoadedApp> {
  return loadApp({ spec, interface: "auto", fastFetch: false, listenSeconds: 5, ...options });
}

async function answerOf(loaded: LoadedApp): Promise<string> {
  const handler = await createHandler(loaded, adapterOptions());
  const exchange = new RecordingExchange();
  handler.handle(exchange);
  return (await exchange.finished()).bodyText;
}

async function problem(spec: string, options?: Parameters<typeof load>[1]): Promise<string> {
  const error = await load(spec, options).then(
    () => null,
    (thrown: unknown) => thrown as { code: string; message: string },
  );
  expect(error).toMatchObject({ code: "ERR_APP_LOAD" });
  return error!.message;
}

const argv = process.argv;
const { listen, _listen2 } = NetServer.prototype as NetServer & { _listen2: unknown };
beforeEach(() => {
  vi.spyOn(process, "cwd").mockReturnValue(APPS);
  process.argv = [...argv];
});
afterEach(() => {
  vi.restoreAllMocks();
  process.argv = argv;
  Object.assign(NetServer.prototype, { listen, _listen2 });
});

describe("an application is found", () => {
  it.each([
    ["fetch-object.mjs", "fetch", "fetch object"],
    ["./fetch-object", "fetch", "fetch object"],
    [path.join(APPS, "fetch-object.mjs"), "fetch", "fetch object"],
    ["node-function", "node", "node function"],
    ["named", "node", "application"],
    ["named:other", "fetch", "other"],
    ["named:create_app('x', {a: 1})", "node", 'x {"a":1}'],
    ["named:createLater()", "fetch", "later"],
    ["typed", "fetch", "Hello from TypeScript"],
    ["promised", "node", "promised"],
    ["pkg", "node", "package"],
  ])("in %s", async (spec, name, answer) => {
    const loaded = await load(spec);
    expect(loaded.interface).toBe(name);
    expect(await answerOf(loaded)).toBe(answer);
  });
});

describe("a server that listens by itself", () => {
  it("is captured, as the main module it was written to be", async () => {
    const loaded = await load("listen/main.cjs");
    expect(await answerOf(loaded)).toBe("main");
    await vi.waitUntil(() => globals["listenedAs"] !== undefined);
    expect(globals["listenedAs"]).toEqual({
      argv: path.join(APPS, "listen/main.cjs"),
      address: { address: "::", family: expect.any(String), port: 3000 },
    });
  });

  it("may listen later", async () => {
    const loaded = await load("listen/later");
    expect(await answerOf(loaded)).toBe("later");
    await vi.waitUntil(() => (loaded.app as Server).listening);
  });

  it("may be one of node:https", async () => {
    const loaded = await load("listen/https");
    expect(await answerOf(loaded)).toBe("https");
    await vi.waitUntil(() => (loaded.app as Server).listening);
    expect((loaded.app as Server).address()).toMatchObject({ port: 3443 });
  });

  it("may be Fastify on every address of localhost", async () => {
    const loaded = await load("listen/fastify");
    expect(await answerOf(loaded)).toBe("fastify on localhost");
    expect(globals["fastifyAddress"]).toMatch(/:3000$/);
    await (globals["fastifyApp"] as { close(): Promise<void> }).close();
  });

  it("is the first; the second is bound, with a warning", async () => {
    const warnings: string[] = [];
    const loaded = await load("listen/two", { log: { warning: (message) => warnings.push(message) } });
    expect(await answerOf(loaded)).toBe("first");
    const metrics = globals["metrics"] as Server;
    await vi.waitUntil(() => metrics.listening);
    expect(warnings).toEqual([expect.stringMatching(/second server, on 127\.0\.0\.1:0, is not served/)]);
    expect((metrics.address() as { port: number }).port).toBeGreaterThan(0);
    metrics.close();
  });

  it("that comes after its exported application was taken is not bound", async () => {
    const loaded = await load("listen/exported.cjs");
    expect(await answerOf(loaded)).toBe("exported");
    const server = (globals["listenNow"] as () => Server)();
    expect(server.address()).toMatchObject({ port: 3000 });
    server.close();
  });
});

describe("listen() of a captured server", () => {
  async function listenWith(...args: unknown[]): Promise<Server> {
    globals["formArguments"] = args;
    delete (require as unknown as { cache: Record<string, unknown> }).cache[path.join(APPS, "listen/forms.cjs")];
    await load("listen/forms.cjs");
    const server = globals["formServer"] as Server;
    if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
    return server;
  }

  it.each<[string, unknown[], unknown]>([
    ["a port", [3000], { port: 3000 }],
    ["a port as text", ["3000"], { port: 3000 }],
    ["port and host", [3000, "127.0.0.1"], { port: 3000, address: "127.0.0.1", family: "IPv4" }],
    ["port, host and backlog", [3000, "127.0.0.1", 5], { port: 3000, address: "127.0.0.1" }],
    ["options", [{ port: 3000, host: "::1" }], { port: 3000, address: "::1", family: "IPv6" }],
    ["nothing", [], { port: expect.any(Number) }],
    ["a path", ["/tmp/no-such.sock"], "/tmp/no-such.sock"],
    ["options with a path", [{ path: "/tmp/no-such.sock", readableAll: true }], "/tmp/no-such.sock"],
  ])("takes %s", async (_, args, address) => {
    const called = new Promise<void>((resolve) => args.push(() => resolve()));
    const server = await listenWith(...args);
    await called;
    expect(server.listening).toBe(true);
    if (typeof address === "string") expect(server.address()).toBe(address);
    else expect(server.address()).toMatchObject(address as object);
    expect(server.unref().ref()).toBe(server);
    expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0);
    await new Promise((resolve) => server.close(resolve));
    expect([server.listening, server.address()]).toEqual([false, typeof address === "string" ? address : null]);
  });
});

describe("the error for", () => {
  it.each<[string, string, RegExp[]]>([
    ["a missing module", "nam", [/cannot find the application "nam"/, /Did you mean named\.mjs\?/]],
    ["a wrong extension", "typed.js", [/Did you mean typed\.ts/]],
    ["a mistyped name with its extension", "naemd.mjs", [/Did you mean named\.mjs\?/]],
    ["a missing directory", "no/app", [/there is no directory .*apps\/no$/]],
    ["a directory without an entry", "broken", [/neither a package\.json with "main" nor an index/]],
    [
      "a missing export",
      "named:othr",
      [/has no export "othr"\. It exports: .*application.*create_app/, /Did you mean "other"\?/],
    ],
    [
      "an export that is no app",
      "no-app:default",
      [/the export "default" is an object with name, debug, which is no application/],
    ],
    ["a class", "named:Thing", [/is the class Thing/]],
    ["a factory that is none", "no-app:default()", [/cannot be called, it is an object with name, debug/]],
    [
      "a factory that throws",
      "named:failing()",
      [/factory failing\(\) of "named" failed: RangeError: no database/, /> 12 │ .*throw new RangeError/],
    ],
    ["nothing exported", "nothing", [/exports no application, and no HTTP server of it has called listen\(\)/]],
    [
      "a syntax error",
      "broken/syntax.cjs",
      [/SyntaxError: Unexpected token ';'/, /syntax\.cjs:2:11/, /> 2 │ const b = ;\n\s+│ {11}\^/],
    ],
    ["a syntax error in a required file", "broken/requires-syntax", [/syntax\.cjs:2:11/]],
    [
      "a syntax error in TypeScript",
      "broken/syntax.ts",
      [/SyntaxError: Unexpected token/, /syntax\.ts:2:\d+/, /> 2 │/],
    ],
    [
      "an error while loading",
      "broken/throws.ts",
      [/failed while loading: TypeError: no such host: db/, /throws\.ts:2:9/],
    ],
    ["a thrown value that is no Error", "broken/throws-odd", [/it threw \{ reason: 'odd' \}/]],
    [
      "a missing package",
      "broken/no-package.cjs",
      [/no-package\.cjs imports the package "@nobody\/here", which is not installed\. Run "npm install @nobody\/here"/],
    ],
    ["a rejection after loading", "listen/rejects", [/Error: the database is down/, /rejects\.mjs:5/]],
  ])("%s", async (_, spec, patterns) => {
    const message = await problem(spec);
    for (const pattern of patterns) expect(message).toMatch(pattern);
    expect(message).not.toMatch(/src\/app\/|node:internal|\bjiti\b/);
  });

  it("a setting that contradicts the app", async () => {
    expect(await problem("fetch-object", { interface: "node" })).toMatch(
      /an object with a fetch method, which is the fetch interface, but the setting interface says node/,
    );
    expect(await problem("listen/plain", { interface: "wsgi" })).toMatch(
      /starts an HTTP server, which is the node interface, but the setting interface says wsgi/,
    );
  });
});

it("a setting decides where the number of parameters is only a guess", async () => {
  expect((await load("named:other", { interface: "node" })).interface).toBe("node");
  expect((await load("node-function", { interface: "wsgi" })).interface).toBe("wsgi");
});
