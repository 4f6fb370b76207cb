/** What the tests of the HTTP/2 engine share: engines and clients that end with their test. */

import { onTestFinished } from "vitest";
import type { Exchange } from "../../../src/http/exchange.ts";
import { FrameClient, H2Client } from "../../support/h2-client.ts";
import { startH2Engine, type H2Harness, type H2HarnessOptions } from "../../support/h2-harness.ts";

export async function start(handle: (exchange: Exchange) => void, options?: H2HarnessOptions): Promise<H2Harness> {
  const harness = await startH2Engine(handle, options);
  onTestFinished(() => harness.stop());
  return harness;
}

export function clientOf(harness: H2Harness, settings?: object): H2Client {
  const client = new H2Client(harness.port, { settings });
  onTestFinished(() => client.destroy());
  return client;
}

export async function frameClientOf(harness: H2Harness, preface = true): Promise<FrameClient> {
  const client = await FrameClient.connect(harness.port, { preface });
  onTestFinished(() => client.destroy());
  return client;
}

export const hello = (exchange: Exchange): void => exchange.respond(200, "", [], `hello ${exchange.target}`);

/** Reads the whole body and answers with it. */
export function echo(exchange: Exchange): void {
  const chunks: Uint8Array[] = [];
  exchange.readBody({
    data: (chunk) => chunks.push(chunk),
    end: (trailers) => exchange.respond(200, "", ["X-Trailers", trailers.join()], Buffer.concat(chunks)),
    fail: (error) => {
      const { code } = error as { code?: string };
      if (!exchange.started) exchange.respond(400, "", ["X-Failed", code ?? ""], null);
    },
  });
}
