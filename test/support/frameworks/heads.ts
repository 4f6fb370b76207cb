/** Node's own response API: every form of head, bodies in every form, early hints, connections that are kept. */

import { get, lines, text, type Case } from "./case.ts";
import { seen, type Seen } from "./site.ts";

export const HEADS: readonly Case[] = [
  get("/raw/head/object", { status: 201, headers: lines(/^X-Number: 42$/) }),
  get("/raw/head/reason", { status: 404, reason: "Nothing Of The Kind" }),
  get("/raw/head/flat", { headers: lines(/^Set-Cookie: a=1$/, /^Set-Cookie: b=2$/) }),
  get("/raw/head/lists", { headers: lines(/^X-List: 1$/, /^X-List: 2$/) }),
  get("/raw/head/merged", { status: 202, headers: lines(/^x-replaced: new$/, /^X-Kept: kept$/) }),
  get("/raw/head/merged-flat", { headers: lines(/^X-Added: added$/) }),
  get("/raw/head/status-only", { status: 418 }),
  get("/raw/head/message", { status: 299, reason: "Fine By Me" }),
  get("/raw/head/204", { status: 204, ending: "head" }),
  get("/raw/head/304", { status: 304, ending: "head" }),
  get("/raw/head/length", { ending: "framed", body: "abcdef" }),
  get("/raw/head/errors", { body: text(/ERR_HTTP_INVALID_STATUS_CODE.*ERR_INVALID_CHAR.*ERR_HTTP_HEADERS_SENT/) }),
  get("/raw/head/store", { headers: lines(/^X-Map: m$/, /^X-New: c$/, /^X-One: 1$/, /^X-One: 2$/) }),
  {
    name: "early hints, where the engine can send them",
    expect: { body: "hinted" },
    run: async (site) => {
      const response = await site.askRaw("GET /raw/head/hints");
      // uWebSockets has no interim answers: there the callback is called and nothing is sent.
      const hints = [
        {
          status: 103,
          headers: [
            ["Link", "</style.css>; rel=preload; as=style"],
            ["x-trace", "1"],
          ],
        },
      ];
      const right = JSON.stringify(response.interim) === JSON.stringify(site.sendsHints ? hints : []);
      return { ...seen(response), interim: right || response.interim };
    },
  },
  get("/raw/body/pieces", { body: "abc, called a,b" }),
  get("/raw/body/latin1", { body: "\u00e9t\u00e9" }),
  get("/raw/body/empty", { body: "", ending: "framed" }),
  get("HEAD /raw/body/pieces", { body: "" }),
  get("HEAD /raw/body/pipe", { body: "" }),
  get("/raw/body/pipe", { ending: "framed", body: text(/^line 000 [^]*line 119/) }),
  get("/raw/body/pipeline", { body: "one two three" }),
  get("/raw/body/large", { ending: "framed", cut: false }),
  get("/raw/body/large-whole", { ending: "framed", cut: false }),
  get("/raw/body/flush", { body: "after the head", headers: lines(/^X-Flushed: yes$/) }),
  get("/raw/peer", { body: text(/"remoteAddress":"127.0.0.1"/) }),
  get(
    "/raw/request?a=1",
    { body: text(/"rawHeaders"/) },
    {
      headers: { Cookie: "a=1", "X-Twice": "1", "x-twice": "2", Accept: "text/html" },
    },
  ),
  {
    name: "100 requests over one connection",
    expect: { statuses: [200] },
    run: (site) =>
      site.reusing(async (one) => {
        const answers: Seen[] = [];
        for (let i = 0; i < 100; i++) answers.push(await one.ask(i % 3 === 2 ? "GET /raw/body/pieces" : "GET /"));
        const statuses = [...new Set(answers.map(({ status }) => status))];
        return { statuses, bodies: [...new Set(answers.map(({ body }) => body))] };
      }),
  },
];
