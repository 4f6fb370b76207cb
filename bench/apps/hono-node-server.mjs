/** hono.mjs on @hono/node-server, Hono's own way to Node. */

import { serve } from "@hono/node-server";
import app from "./hono.mjs";

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
