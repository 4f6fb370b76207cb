/** Request bodies: JSON, forms, uploads, pieces. */

import { RawClient, request } from "../raw-client.ts";
import { WITH_MIDDLEWARE, post, text, type Case } from "./case.ts";
import { multipart, seen } from "./site.ts";

export const BODIES: readonly Case[] = [
  post("/json", "application/json", '{"b":[2,"\\u00e9"]}', { body: text(/"received":\{"b":\[2,/) }),
  post("/json", "application/json", '{"b":', { status: 400 }, WITH_MIDDLEWARE),
  post("/json", "application/json", JSON.stringify({ long: "x".repeat(90_000) }), { body: text(/"xxx/) }),
  post(
    "/form",
    "application/x-www-form-urlencoded",
    "a=1&b=two+words",
    { body: '{"a":"1","b":"two words"}' },
    WITH_MIDDLEWARE,
  ),
  ...[1000, 50 * 1024 * 1024].map((size): Case => ({
    name: `an upload of ${size} bytes`,
    of: WITH_MIDDLEWARE,
    isLong: size > 1e7,
    expect: { body: text(new RegExp(`"originalname":"sea.bin".*"size":${size},.*"title":"Holiday"`)) },
    run: (site) => {
      const { headers, body } = multipart(size);
      return site.ask("POST /upload", headers, body);
    },
  })),
  {
    name: "an upload over a connection in use",
    of: WITH_MIDDLEWARE,
    expect: [{ status: 200 }, { body: text(/"size":5000000,/) }, { status: 200 }],
    run: (site) => {
      const { headers, body } = multipart(5_000_000);
      return site.reusing(async (one) => [
        await one.ask("GET /"),
        await one.ask("POST /upload", headers, body),
        await one.ask("GET /"),
      ]);
    },
  },
  post("/raw/body/echo", "text/x-plain", "an echo", { body: "an echo" }),
  post("/raw/body/unread", "text/x-plain", "nobody reads this", { body: "not read" }),
  {
    name: "a chunked request body, in many pieces",
    expect: { body: text(/"text":"ab".*"complete":true/) },
    run: async (site) => {
      const client = await RawClient.connect(site.port);
      try {
        const fields = { "Transfer-Encoding": "chunked", "Content-Type": "text/x-plain" };
        await client.send(
          request("POST /raw/body/chunks-read", fields) + "1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
          [170, 172, 178],
        );
        return seen(await client.read("POST"));
      } finally {
        client.destroy();
      }
    },
  },
];
