/** What installed middleware does: compression, sessions, log lines. */

import { gunzipSync } from "node:zlib";
import { poll } from "../poll.ts";
import { get, lines, WITH_MIDDLEWARE, text, type Case } from "./case.ts";
import { seen, type Seen, type Site } from "./site.ts";

export const MIDDLEWARE: readonly Case[] = [
  {
    name: "compression, where it is accepted",
    of: WITH_MIDDLEWARE,
    expect: { status: 200, text: text(/^All work/), headers: lines(/^Content-Encoding: gzip$/) },
    run: (site) => compressed(site, "/compressed"),
  },
  get(
    "/compressed",
    { headers: lines(/^Vary: Accept-Encoding$/) },
    { of: WITH_MIDDLEWARE, name: "compression, not asked for" },
  ),
  get("HEAD /compressed", { body: "" }, { of: WITH_MIDDLEWARE, headers: { "Accept-Encoding": "gzip" } }),
  {
    name: "compression of a stream",
    of: WITH_MIDDLEWARE,
    expect: { text: "part 0\npart 1\npart 2\npart 3\n", ending: "framed" },
    run: (site) => compressed(site, "/compressed/stream"),
  },
  {
    name: "a session in cookies",
    of: WITH_MIDDLEWARE,
    expect: ["count 1", "count 2", "count 3"],
    run: async (site) => {
      const bodies: string[] = [];
      let cookies = "";
      for (let i = 0; i < 3; i++) {
        const { headers, body } = await site.ask("GET /session", cookies === "" ? {} : { Cookie: cookies });
        const set = headers.filter((line) => line.startsWith("Set-Cookie: "));
        cookies = set.map((line) => line.slice(12).split(";")[0]).join("; ");
        bodies.push(body);
      }
      return bodies;
    },
  },
  {
    name: "morgan's lines",
    of: WITH_MIDDLEWARE,
    expect: [text(/^GET \/\?mark=M 200 (\d+|-) 127.0.0.1 HTTP\/1.1 tester -\n$/)],
    run: async (site) => {
      const mark = `m${process.hrtime.bigint()}`;
      await site.ask(`GET /?mark=${mark}`, { "User-Agent": "tester" });
      const lines = await poll(async () => {
        const found = JSON.parse((await site.ask(`GET /log?mark=${mark}`)).body) as string[];
        return found.length > 0 && found;
      });
      return lines.map((line) => line.replace(mark, "M"));
    },
  },
];

// --- internal ---

/** The answer with its body unpacked; its packed length may differ from server to server. */
async function compressed(site: Site, path: string): Promise<Seen & { text: string }> {
  const response = await site.askRaw(`GET ${path}`, { "Accept-Encoding": "gzip" });
  return { ...seen(response), body: "", length: undefined, text: gunzipSync(response.body).toString() };
}
