/** Pages, redirects, cookies, errors, and files with ranges. */

import { get, lines, WITH_MIDDLEWARE, type Case } from "./case.ts";

const FRAMEWORKS = ["express", "koa", "fastify", "nest"] as const;
const STREAMERS = [...FRAMEWORKS, "server"] as const;

export const PAGES: readonly Case[] = [
  get("/", { status: 200 }),
  get("HEAD /", { body: "" }),
  get("OPTIONS /", {}),
  get("OPTIONS *", {}),
  get("DELETE /nothing/there", { status: 404 }),
  get("/json", { body: '{"a":1}' }),
  get("HEAD /json", { body: "" }),
  get("/redirect", { status: 302 }),
  get("/cookies", { headers: lines(/^Set-Cookie: a=1/i, /^Set-Cookie: b=/i) }),
  get("/empty", { status: 204, ending: "head" }),
  get("/stream", { status: 200, ending: "framed" }, { of: STREAMERS }),
  get("HEAD /stream", { body: "" }, { of: STREAMERS }),
  get("/download", { headers: lines(/attachment; filename="my letters.txt"/) }, { of: ["express"] }),
  get("/download", { status: 206 }, { of: ["express"], headers: { Range: "bytes=5-9" } }),
  get("/fail/sync", { status: 500 }, { of: FRAMEWORKS }),
  get("/fail/async", { status: 418 }, { of: FRAMEWORKS }),
  get("/fail/next", { status: 500 }, { of: ["express"] }),
  get("/fail/handled", { status: 422, body: '{"handled":"handled"}' }, { of: ["express"] }),
  get("/fail/next", { status: 418 }, { of: ["connect"] }),
];

export const FILES: readonly Case[] = [
  ...[
    [{}, 200],
    [{ Range: "bytes=0-9" }, 206],
    [{ Range: "bytes=-10" }, 206],
    [{ Range: "bytes=999999-" }, 416],
    [{ Range: "bytes=0-1,5-6" }, 200],
    [{ Range: "lines=1-2" }, 200],
    [{ "If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT" }, 304],
    [{ "If-None-Match": "*" }, 304],
    [{ "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:01 GMT" }, 412],
    [{ "If-Range": '"other"', Range: "bytes=0-9" }, 200],
  ].map(([headers, status]) =>
    get("/files/letters.txt", { status }, { headers: headers as Record<string, string>, of: WITH_MIDDLEWARE }),
  ),
  get("HEAD /files/letters.txt", { status: 200, body: "" }, { of: WITH_MIDDLEWARE }),
  get("/files/", { status: 200 }, { of: WITH_MIDDLEWARE }),
  get("/files/missing.txt", { status: 404 }, { of: WITH_MIDDLEWARE }),
  {
    name: "a file asked for again by its ETag",
    of: WITH_MIDDLEWARE,
    expect: { status: 304, body: "" },
    run: async (site) => {
      const { headers } = await site.ask("GET /files/letters.txt");
      const etag = headers.find((line) => line.startsWith("ETag: "))?.slice(6);
      return site.ask("GET /files/letters.txt", { "If-None-Match": etag ?? "" });
    },
  },
  {
    name: "an answer asked for again by the ETag that Express gave it",
    of: ["express", "nest"],
    expect: { status: 304, body: "" },
    run: async (site) => {
      const { headers } = await site.ask("GET /");
      const etag = headers.find((line) => line.startsWith("ETag: "))?.slice(6);
      return site.ask("GET /", { "If-None-Match": etag ?? "" });
    },
  },
];
