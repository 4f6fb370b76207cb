/** A client that stops reading what it is echoed while it sends on: answers wait in the server, and much of the body in the kernel, when the application reads on. */

import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

/** True if all of a body of 12 MB comes back from /echo as it was. */
export async function isWholeRead(port: number, secure: boolean, options: RequestOptions): Promise<boolean> {
  const body = Buffer.alloc(12_000_000);
  for (let i = 0; i < body.length; i += 4) body.writeUInt32BE(i / 4, i);
  const asked = (secure ? httpsRequest : httpRequest)({
    ...{ host: "127.0.0.1", port, path: "/echo", method: "POST", headers: { "Content-Length": body.length } },
    ...(secure ? { rejectUnauthorized: false } : {}),
    ...options,
  });
  asked.on("error", () => {}); // the answer tells
  // While the first part of it goes to and fro the kernel finds that it needs large buffers.
  asked.write(body.subarray(0, 5_000_000));
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length < 5_000_000 || asked.writableEnded) continue;
    asked.end(body.subarray(5_000_000));
    await sleep(400);
  }
  return Buffer.concat(pieces).equals(body);
}
