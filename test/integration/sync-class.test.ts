import { expect, onTestFinished, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { RawClient, request, type Target } from "../support/raw-client.ts";
import { valueOf } from "../support/response-parser.ts";

const LAB = "process-lab.mjs";

async function start(...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app: LAB, args });
  await server.waitFor(/ready after/);
  return server;
}

async function connect(target: Target): Promise<RawClient> {
  const client = await RawClient.connect(target);
  onTestFinished(() => client.destroy());
  return client;
}

test("four workers serve eight requests of a second in two turns, never two at once in a worker", async () => {
  const server = await start("-w", "4");
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(server.port, "/sleep?ms=1000")));
  const tookMs = performance.now() - began;
  const reports = answers.map((answer) => JSON.parse(answer.body) as { pid: number; most: number });
  expect(reports.map((report) => report.most)).toEqual(Array(8).fill(1));
  const served = new Map<number, number>();
  for (const { pid } of reports) served.set(pid, (served.get(pid) ?? 0) + 1);
  expect([...served.values()]).toEqual([2, 2, 2, 2]);
  expect(tookMs).toBeGreaterThan(1990);
});

test("one worker serves requests one after another, and closes each connection", async () => {
  const server = await start("-w", "1");
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server.port, "/sleep?ms=5")));
  for (const answer of answers) {
    expect(JSON.parse(answer.body)).toMatchObject({ most: 1 });
    expect(answer.headers.find(([name]) => name.toLowerCase() === "connection")?.[1]).toBe("close");
  }
});

test("clients that connect and say nothing, or half a head, do not hold the worker", async () => {
  const server = await start("-w", "1");
  for (let i = 0; i < 5; i++) await connect(server.port);
  const halves = await Promise.all(Array.from({ length: 3 }, () => connect(server.port)));
  for (const half of halves) await half.send("GET /pid HTTP/1.1\r\nHost: te");
  expect((await ask(server.port, "/pid")).status).toBe(200);
  for (const half of halves) {
    await half.send("st\r\n\r\n");
    expect((await half.read()).status).toBe(200);
  }
});

test("a slow head that is completed while another request runs waits for its turn", async () => {
  const server = await start("-w", "1");
  const slow = await connect(server.port);
  await slow.send("GET /sleep?ms=1 HTTP/1.1\r\nHost: t");
  const long = ask(server.port, "/announced-sleep?ms=700");
  await server.waitFor(/handling \/announced-sleep/);
  await slow.send("est\r\n\r\n");
  const order: string[] = [];
  await Promise.all([
    long.then(() => order.push("long")),
    slow.read().then((response) => {
      order.push("slow");
      expect(JSON.parse(response.body.toString())).toMatchObject({ most: 1 });
    }),
  ]);
  expect(order).toEqual(["long", "slow"]);
});

test("a client that never sends its head is cut off", async () => {
  const server = await start("-w", "1", "--header-timeout", "1");
  const client = await connect(server.port);
  await client.send("GET / HTTP/1.1\r\n");
  expect((await client.read()).status).toBe(408);
  expect(await client.closed()).toBe(true);
});

test("a client that does not close its connection after the answer does not hold the worker", async () => {
  const server = await start("-w", "1");
  const client = await connect(server.port);
  await client.send(request("GET /pid"));
  const response = await client.read();
  expect(valueOf(response, "connection")).toBe("close");
  // The connection is still open on this side: it lingers there, and the next one is served all the same.
  expect((await ask(server.port, "/pid")).status).toBe(200);
});
