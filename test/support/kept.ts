/** Clients of the uws engine: which engine a connection is on is decided by its first request. */

import { onTestFinished } from "vitest";
import { RawClient, request, type RawResponse, type Target } from "./raw-client.ts";
import { valueOf } from "./response-parser.ts";

/** A connection that has been answered once, and that the uws engine has. */
export async function keptByUws(target: Target): Promise<RawClient> {
  for (;;) {
    const client = await RawClient.connect(target);
    onTestFinished(() => client.destroy());
    await client.send(request("GET /hello"));
    // On llhttp it says that it is kept: there it is where the worker was faster than we, as on unix sockets it may be.
    if (valueOf(await client.read(), "connection") === undefined) return client;
    client.destroy();
  }
}

/** The answer to a later request of a connection; a line stands for a whole request. */
export async function askKept(client: RawClient, text: string): Promise<RawResponse> {
  await client.send(text.includes("\r\n") ? text : request(text));
  return client.read(text.split(" ", 1)[0]);
}
