/** One request over a connection of its own, as most tests of processes want it. */

import { exchange, request, type RawResponse, type Target } from "./raw-client.ts";

export interface Answer extends Omit<RawResponse, "body"> {
  body: string;
}

/** GETs `path`. Rejects if the connection is refused, or cut before the answer is complete. */
export async function ask(target: Target, path: string): Promise<Answer> {
  const response = await exchange(target, request(`GET ${path}`));
  if (response.cut) throw new Error(`the answer to ${path} was cut`);
  return { ...response, body: response.body.toString() };
}
