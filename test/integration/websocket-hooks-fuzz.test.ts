import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn } from "../support/junicorn.ts";
import { Client } from "../support/websocket-client.ts";

/** uWebSockets ends the process when a closed socket is touched: the worker that answers last must be the one that answered first. */
test.each(["uws", "llhttp"])("no order of calls on peers, living or dead, harms the worker (%s)", async (engine) => {
  const server = await startJunicorn({
    app: "websocket-fuzz.mjs",
    args: [
      "-k",
      "async",
      "--http-engine",
      engine,
      "--ws-compression",
      "--ws-max-payload",
      "3000",
      "--ws-max-backpressure",
      "50000",
    ],
  });
  const worker = server.workers[0];
  const state = async (): Promise<{ pid: number; peers: number; unexpected: string[] }> =>
    JSON.parse((await ask(server.port, "/")).body) as never;
  expect((await state()).pid).toBe(worker);

  for (let round = 0; round < 12; round++) {
    const clients = Array.from(
      { length: 15 },
      (_, i) => new Client(`ws://127.0.0.1:${server.port}/room${i % 3}${i % 2 === 0 ? "" : "?late"}`),
    );
    await Promise.all(
      clients.map(async (client) => {
        const { socket } = client;
        const opened = new Promise((resolve) => socket.once("open", resolve).once("close", resolve));
        if (randomInt(8) === 0) return void setTimeout(() => socket.terminate(), randomInt(10));
        await opened;
        for (let i = 0; i < 8 && socket.readyState === 1; i++) {
          socket.send(Buffer.alloc(randomInt(20) === 0 ? 4000 : 1 + randomInt(300), randomInt(256)));
          if (randomInt(10) === 0) socket.terminate();
          if (randomInt(10) === 0) socket.close(4000);
          await new Promise((resolve) => setTimeout(resolve, randomInt(4)));
        }
      }),
    );
    for (const client of clients) client.socket.terminate();
  }
  const last = await state();
  expect(last).toMatchObject({ pid: worker, unexpected: [] });
  expect(last.peers).toBeGreaterThan(100);
  expect(server.output).not.toMatch(/Uncaught|exception|Worker .*(died|exited)/);
});
