/** The suite's application on @hono/node-server, which takes any web-standard handler. */

import { serve } from "@hono/node-server";
import app from "./fetch.mjs";

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
