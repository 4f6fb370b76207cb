/** Requests of all kinds for the uws engine, whose answers are the same on llhttp. */

import { onTestFinished } from "vitest";
import { startJunicorn, type Junicorn } from "./junicorn.ts";
import { RawClient, request } from "./raw-client.ts";

const CHUNKED = { "Transfer-Encoding": "chunked" };

/** What every interface answers in the same way. */
export const STEPS = [
  request("GET /hello"),
  request("GET /hello", { "X-MiXed": "1", Cookie: "a=b" }),
  request("GET /delay?ms=1&say=later"),
  request("GET /cookies"),
  request("GET /target?a=%20&b=c"),
  request("DELETE /target"),
  request("HEAD /hello"),
  request("GET /status?code=204"),
  request("GET /status?code=304"),
  request("GET /status?code=404"),
  request("GET /stream?count=3"),
  request("GET /kept"),
  request("GET /flood?bytes=300000"),
  request("GET /declared?length=5&bytes=5"),
  request("GET /own-fields"),
  request("GET /hop"),
  request("GET /reject"),
  request("GET /throw"),
  request("GET /bad-header"),
  request("POST /target", {}, "body"),
  request("POST /unread", {}, "body"),
  request("POST /echo", {}, "body"),
  request("PUT /echo", { Expect: "100-continue" }, "body"),
  request("POST /echo", {}, "x".repeat(16_200)),
  request("POST /stream?count=3", {}, "body"),
  request("POST /throw", {}, "body"),
  request("POST /delay?ms=1&say=later", {}, "body"),
  request("POST /target", {}, "x".repeat(100_000)),
  `${request("POST /echo", CHUNKED)}3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n`,
  `${request("POST /target", CHUNKED)}3\r\nabc\r\n0\r\n\r\n`,
];

/** A worker of one engine, which several tests share. */
export function startAsync(engine: string, name: string, app: string, more: string[] = []): Promise<Junicorn> {
  const args = ["--worker-class", "async", "--http-engine", engine, "--interface", name, ...more];
  return startJunicorn({ app, args, shared: true });
}

/** `together`: how many leave at once from one on. What is the same whoever answers: not when it did, nor what it says of the connection and how names of fields are written that the application is shown. */
export async function answersOf(
  port: number,
  steps: readonly string[],
  together: (at: number) => number = () => 1,
): Promise<unknown[]> {
  const client = await RawClient.connect(port);
  onTestFinished(() => client.destroy());
  const answers: unknown[] = [];
  for (let at = 0, sent = 0; at < steps.length; at++) {
    const step = steps[at]!;
    if (at === sent) {
      sent += together(at);
      await client.send(steps.slice(at, sent).join(""));
    }
    const { status, reason, headers, body, cut, framing } = await client.read(step.split(" ", 1)[0]);
    const fields = headers.filter(
      ([name]) => !/^(date|connection|keep-alive|server|content-length|transfer-encoding)$/i.test(name),
    );
    answers.push({
      status,
      reason,
      fields,
      cut,
      framing,
      body: body.toString("latin1").replace(/"headers":\[.*?\]/, (list) => list.toLowerCase()),
    });
  }
  return answers;
}

/** Numbers from 0 to 1, the same for a seed. */
export function randomOf(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}
