/**
 * Requests of all shapes on connections that uWebSockets keeps, and the same on llhttp: what the application behind uWebSockets is given, the one behind llhttp is given, too.
 * `npm run fuzz:kept` is the long form: JUNICORN_FUZZ_SECONDS for each row, over TLS as well, from a seed that is new each time or JUNICORN_FUZZ_SEED.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Certificates } from "../support/certificates.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { foundInputs, inputOf, type Input } from "../support/kept-fuzz/inputs.ts";
import { send, Side, type View } from "../support/kept-fuzz/run.ts";
import { show, wronglyAccepted } from "../support/kept-fuzz/verdict.ts";
import { SECURE_PORTS } from "../support/raw-client.ts";
import { temporaryFolder } from "../support/tools.ts";
import { HAS_UWS } from "../support/uws.ts";

const SECONDS = Number(process.env["JUNICORN_FUZZ_SECONDS"] ?? 0);
const SEED = Number(process.env["JUNICORN_FUZZ_SEED"] ?? (SECONDS > 0 ? Date.now() % 1_000_000_007 : 1));
/** In the short form. */
const INPUTS = 3200;
const AT_ONCE = 64;

const ROWS = [
  { name: "fetch", tls: false },
  { name: "node", tls: false },
  ...(SECONDS > 0 ? [{ name: "node", tls: true }] : []),
];

describe.runIf(HAS_UWS).each(ROWS)("the $name interface, TLS: $tls", ({ name, tls }) => {
  const servers: Junicorn[] = [];
  const sides: Side[] = [];
  beforeAll(async () => {
    const app = `./kept-fuzz.mjs:${name === "fetch" ? "fetcher" : "node"}`;
    const secure = tls ? certificate() : [];
    const starts = (["uws", "llhttp"] as const).map(async (engine, i) => {
      const args = ["-k", "async", "--http-engine", engine, "--interface", name, ...secure];
      const server = (servers[i] = await startJunicorn({ app, args, shared: true }));
      if (tls) SECURE_PORTS.add(server.port);
      else SECURE_PORTS.delete(server.port);
      sides[i] = await Side.of(server, engine);
    });
    await Promise.all(starts);
  });
  afterAll(async () => {
    for (const side of sides) side.close();
    await Promise.all(servers.map((server) => server.kill()));
  });

  test("is not given what it was once", async () => {
    const inputs = foundInputs();
    const [uws, llhttp] = await send(inputs, sides);
    for (const [i, input] of inputs.entries()) check(input, uws![i]!, llhttp![i]!);
  });

  test(`is given nothing that llhttp refuses, from seed ${SEED} on`, { timeout: (SECONDS + 300) * 1000 }, async () => {
    const reached = { bodies: 0, markers: 0, refusals: 0 };
    const until = performance.now() + SECONDS * 1000;
    let number = SEED;
    for (; SECONDS > 0 ? performance.now() < until : number < SEED + INPUTS; number += AT_ONCE) {
      const inputs = Array.from({ length: AT_ONCE }, (_, i) => inputOf(number + i));
      const [uws, llhttp] = await send(inputs, sides).catch((error: Error) => {
        const outputs = servers.map(({ output }) => output.slice(-1000)).join("\n--- llhttp\n");
        throw new Error(`in ${AT_ONCE} inputs (JUNICORN_FUZZ_SEED=${number}): ${error.message}\n--- uws\n${outputs}`);
      });
      for (const [i, input] of inputs.entries()) {
        check(input, uws![i]!, llhttp![i]!);
        count(reached, uws![i]!);
      }
    }
    const inputs = number - SEED;
    if (SECONDS > 0) process.stdout.write(`${inputs} inputs, ${JSON.stringify(reached)}\n`);
    for (const { output } of servers) expect(output).not.toMatch(/\[(ERROR|CRITICAL)\]/);
    // It is worth something only if much is served, and much is not.
    expect(Math.min(...Object.values(reached)) / inputs).toBeGreaterThan(0.1);
  });
});

// --- internal ---

function check(input: Input, uws: View, llhttp: View): void {
  const wrong = wronglyAccepted(uws, llhttp);
  if (wrong === null) return;
  const pieces = input.pieces.map((piece) => `\n  ${JSON.stringify(piece.toString("latin1"))}`).join("");
  const views = `${show("uws", uws)}\n${show("llhttp", llhttp)}`;
  const again = input.number < 0 ? "" : ` (again by JUNICORN_FUZZ_SEED=${input.number})`;
  throw new Error(`accepted on uws alone${again}:${pieces}\n${views}`);
}

function count(reached: { bodies: number; markers: number; refusals: number }, { given, closed }: View): void {
  const whole = given.filter(({ end }) => end === "whole");
  if (whole.some(({ body }) => body !== "")) reached.bodies++;
  if (whole.some(({ target }) => target === "/marker")) reached.markers++;
  else if (closed) reached.refusals++;
}

function certificate(): string[] {
  const made = new Certificates(temporaryFolder({ onTestFinished: afterAll })).make("localhost", ["localhost"]);
  return ["--certfile", made.cert, "--keyfile", made.key];
}
