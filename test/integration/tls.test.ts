/** TLS in every worker class: what clients see, what applications are told, and what becomes of those who speak something else. */

import { once } from "node:events";
import { Agent } from "node:https";
import { beforeAll, describe, expect, test } from "vitest";
import { Certificates, type Made } from "../support/certificates.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { RawClient, request } from "../support/raw-client.ts";
import { fetchOver, secure } from "../support/tls-client.ts";
import { TLS_VARIANTS } from "../support/tls-variants.ts";
import { runTool, temporaryFolder } from "../support/tools.ts";

let certificates: Certificates;
let own: Made;

beforeAll(() => {
  certificates = new Certificates(temporaryFolder({ onTestFinished: () => {} }));
  own = certificates.make("own", ["localhost", "127.0.0.1"]);
});

function start(app: string, ...args: string[]): Promise<Junicorn> {
  return startJunicorn({ app, args: ["--certfile", own.cert, "--keyfile", own.key, ...args] });
}

describe.each(TLS_VARIANTS)("$name", ({ args, uws }) => {
  test("serves every interface over TLS, and says so", async () => {
    const server = await start("tls.mjs:node", ...args, "--interface", "node");
    await server.waitFor(/Listening at: https:\/\/127/);
    const { body } = await fetchOver(server.port, "/x?y");
    expect(JSON.parse(body)).toMatchObject({
      url: "/x?y",
      encrypted: true,
      protocol: "TLSv1.3",
      serverName: "localhost",
    });
    const cipher = expect.stringMatching(/^TLS_/) as string;
    expect(JSON.parse(body)).toMatchObject({ authorized: false, cipher, resumed: false });
    await server.stop();
    const fetching = await start("tls.mjs", ...args);
    const seen = JSON.parse((await fetchOver(fetching.port, "/a")).body) as unknown;
    expect(seen).toMatchObject({ url: `https://127.0.0.1:${fetching.port}/a`, encrypted: true, certificates: 0 });
    // uWebSockets does not tell whether a session was resumed.
    expect(seen).toMatchObject({ protocol: "TLSv1.3", resumed: uws ? null : false });
    expect((await fetchOver(fetching.port, "/big")).body.length).toBe(5_000_000);
    const posted = await fetchOver(fetching.port, "/", { method: "POST", body: "y".repeat(3_000_000) });
    expect(posted.body).toBe("3000000");
    await fetching.stop();
    const wsgi = await start("tls.mjs:wsgi", ...args, "--interface", "wsgi");
    const variables = JSON.parse((await fetchOver(wsgi.port, "/")).body) as unknown;
    expect(variables).toMatchObject({
      scheme: "https",
      HTTPS: "on",
      SSL_PROTOCOL: "TLSv1.3",
      SSL_CIPHER: cipher,
      SSL_CLIENT_VERIFY: "NONE",
    });
  });

  test("tells a client that speaks plain HTTP, and goes on", async () => {
    const server = await start("tls.mjs", ...args);
    const client = await RawClient.connect(server.port);
    await client.send(request("GET /"));
    const answer = await client.read();
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body.toString()).toMatch(/speaks TLS/);
    await server.waitFor(/Invalid request from 127\.0\.0\.1:\d+: 400 this port speaks TLS/);
    await expect(
      secure(server.port, { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "ALL@SECLEVEL=0" }),
    ).rejects.toThrow();
    await server.waitFor(/TLS handshake with 127\.0\.0\.1:\d+ failed: unsupported protocol/);
    expect((await fetchOver(server.port, "/")).status).toBe(200);
  });

  test("a stop ends idle connections with a goodbye", async () => {
    const server = await start("tls.mjs", ...args);
    const agent = new Agent({ keepAlive: true });
    expect((await fetchOver(server.port, "/", { agent })).status).toBe(200);
    const socket = await secure(server.port);
    const ended = once(socket, "end");
    socket.resume();
    expect(await server.stop()).toMatchObject({ code: 0 });
    await ended;
    agent.destroy();
  });
});

test("curl and openssl agree", async () => {
  const server = await start("tls.mjs");
  const url = `https://localhost:${server.port}/`;
  const printed = await runTool("curl", [
    "-sS",
    "--cacert",
    certificates.ca.cert,
    "--resolve",
    `localhost:${server.port}:127.0.0.1`,
    url,
  ]);
  expect(JSON.parse(printed)).toMatchObject({ encrypted: true });
});
