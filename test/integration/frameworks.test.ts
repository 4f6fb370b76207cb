/** Frameworks' behaviour, served by every class and engine, beside the same application on Node's own server. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BODIES } from "../support/frameworks/bodies.ts";
import { ENDS } from "../support/frameworks/ends.ts";
import { HEADS } from "../support/frameworks/heads.ts";
import { MIDDLEWARE } from "../support/frameworks/middleware.ts";
import { FILES, PAGES } from "../support/frameworks/pages.ts";
import { forgiveLength, Site } from "../support/frameworks/site.ts";
import { APPS, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { HAS_UWS } from "../support/uws.ts";

const APPLICATIONS = ["express", "koa", "fastify", "nest", "connect", "server"] as const;

const SERVERS = {
  "async on uws": { args: ["-k", "async", "--http-engine", "uws"], sendsHints: !HAS_UWS },
  "async on llhttp": { args: ["-k", "async", "--http-engine", "llhttp"] },
  sync: { args: ["-k", "sync"], keepsAlive: false, isConcurrent: false },
  gthread: { args: ["-k", "gthread", "--threads", "1"], isConcurrent: false },
};

const CASES = [...PAGES, ...FILES, ...BODIES, ...MIDDLEWARE, ...HEADS, ...ENDS];
const FOLDER = join(APPS, "frameworks");

describe.each(APPLICATIONS)("%s", (application) => {
  const sites = new Map<string, Site>();
  const running: Junicorn[] = [];
  let stopNode = (): void => {};
  /** What Node's own server answers: each case is put to it once. */
  const answers = new Map<string, Promise<unknown>>();

  beforeAll(async () => {
    const node = startNode(application).then(({ port, stop }) => {
      sites.set("node", new Site(port));
      stopNode = stop;
    });
    const ours = Object.entries(SERVERS).map(async ([name, { args, ...traits }]) => {
      const server = await startJunicorn({
        app: `${application}.mjs`,
        args: [...args, "--workers", "1", "--timeout", "20"],
        cwd: FOLDER,
        env: { NODE_ENV: "production" },
        shared: true,
      });
      running.push(server);
      await server.waitFor(/ready after/);
      sites.set(name, new Site(server.port, traits));
    });
    await Promise.all([node, ...ours]);
  });

  afterAll(async () => {
    stopNode();
    await Promise.all(running.map((server) => server.kill()));
  });

  const cases = CASES.filter(({ of }) => of === undefined || of.includes(application));

  describe.each(Object.keys(SERVERS))("%s", (name) => {
    test.each(cases.filter(({ isLong }) => isLong !== true || name === "async on uws"))(
      "$name",
      async ({ name: title, run, expect: expected }) => {
        let oracle = answers.get(title);
        if (oracle === undefined) answers.set(title, (oracle = run(sites.get("node")!)));
        const [ours, nodes] = await Promise.all([run(sites.get(name)!), oracle]);
        expect(forgiveLength(ours, nodes)).toEqual(nodes);
        expect(ours).toMatchObject(expected);
      },
    );
  });
});

// --- internal ---

async function startNode(application: string): Promise<{ port: number; stop: () => void }> {
  const child = spawn(process.execPath, [join(FOLDER, `${application}.mjs`)], {
    env: { ...process.env, NODE_ENV: "production", TELL_PORT: "1" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  return { port: Number(/port (\d+)/.exec(chunk.toString())?.[1]), stop: () => child.kill("SIGKILL") };
}
