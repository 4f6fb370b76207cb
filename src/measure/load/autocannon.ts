/** autocannon, by its programmatic API: in the client's process. Latencies are counted here, for its own histogram has whole milliseconds. */

import type { Client } from "autocannon";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Histogram } from "../histogram.ts";
import { hostOf, type LoadOptions, type LoadResult, requestsOf } from "./options.ts";

type Autocannon = typeof import("autocannon");

export async function runAutocannon(options: LoadOptions): Promise<LoadResult> {
  const autocannon = await loadAutocannon();
  const { at, connections, seconds } = options;
  const requests = requestsOf(options).map(({ method, path, headers, body }) => ({
    method: method as "GET",
    path,
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
  }));
  const histogram = new Histogram();
  const failures = new Failures();
  let clients = 0;
  let answered = 0;
  let bytes = 0;
  let over = false;
  const cpu = process.cpuUsage();
  const began = performance.now();
  const instance = autocannon(
    {
      url: `http://${hostOf(at)}`,
      ...(typeof at === "string" ? { socketPath: at } : {}),
      connections,
      // It looks whether it should stop now and then only; what counts is stopped below, on time.
      duration: seconds + 60,
      sampleInt: 100,
      requests,
      setupClient: (client: Client) => {
        failures.watch(client);
        mindClosing(client);
        // All connections would ask for the same at the same time, and the rare slow request come in bursts.
        if (requests.length > 1) client.setRequests(rotated(requests, clients++));
      },
    },
    () => {},
  );
  instance.on("response", (client, status, size, ms) => {
    if (over) return;
    bytes += size;
    if (status >= 400) return failures.answer(client, status);
    answered++;
    histogram.record(ms);
  });
  instance.on("reqError", (error: Error) => {
    if (!over) failures.error(error.message);
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  over = true;
  const took = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  instance.stop();
  return {
    driver: "autocannon",
    connections,
    rate: null,
    seconds: took,
    requests: answered,
    requestsPerSecond: answered / took,
    bytesPerSecond: bytes / took,
    latency: histogram.latency(),
    histogram: histogram.buckets(),
    errors: failures.count,
    firstError: failures.first,
    clientCore: (user + system) / 1e6 / took,
    clientLate: null,
  };
}

// --- internal ---

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

/** As it lies beside us, or in the project that is being measured. */
async function loadAutocannon(): Promise<Autocannon> {
  const fromProject = (): string => createRequire(join(process.cwd(), "package.json")).resolve("autocannon");
  for (const where of [() => "autocannon", () => pathToFileURL(fromProject()).href]) {
    try {
      const { default: autocannon } = (await import(where())) as { default: Autocannon };
      return autocannon;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new Error("autocannon is not installed: npm install --save-dev autocannon");
}

interface Insides {
  _doRequest(): void;
  _connect(): void;
}

/**
 * autocannon 9 asks again on a connection that the server has said it closes, which a server that closes each would count as an error half of the
 * time. So the next request waits until it has connected anew.
 */
function mindClosing(client: Client): void {
  const insides = client as unknown as Insides;
  const { _doRequest: doRequest, _connect: connect } = insides;
  if (doRequest === undefined || connect === undefined) return;
  let closing = false;
  client.on("headers", (head: unknown) => (closing = !(head as { shouldKeepAlive: boolean }).shouldKeepAlive));
  insides._doRequest = () => {
    if (!closing) doRequest.call(client);
  };
  insides._connect = () => {
    closing = false;
    connect.call(client);
  };
}

/** How many, and what the first one was. */
class Failures {
  count = 0;
  first: string | null = null;
  readonly #lastBodies = new WeakMap<object, Buffer>();

  watch(client: Client): void {
    client.on("body", (body: Buffer) => {
      if (this.first === null) this.#lastBodies.set(client, body);
    });
  }

  answer(client: Client, status: number): void {
    const chunk = this.#lastBodies.get(client)?.toString("utf8") ?? "";
    const body = chunk.slice(chunk.indexOf("\r\n\r\n") + 1).trim();
    this.error(`status ${status}${body === "" ? "" : `: ${body.slice(0, MOST_OF_BODY)}`}`);
  }

  error(text: string): void {
    this.count++;
    this.first ??= text;
  }
}

const MOST_OF_BODY = 500;
