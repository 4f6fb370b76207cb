/** A request whose body nobody read ends with its answer, as on Node: it was not aborted. */

import { expect, test } from "vitest";
import { startJunicorn } from "../support/junicorn.ts";
import { exchange, request } from "../support/raw-client.ts";

test.each([["sync"], ["async", "--http-engine", "llhttp"], ["async", "--http-engine", "uws"], ["gthread"]])(
  "%s %s %s",
  async (...name) => {
    const server = await startJunicorn({
      app: "unread.mjs",
      args: ["-k", ...name.filter((part) => part !== undefined)],
    });
    expect((await exchange(server.port, request("POST /", {}, "x".repeat(5000)))).status).toBe(200);
    await server.waitFor(/events: res finish, res close, req end, req close$/m);
  },
);
