/** Requests that are answered first and read afterwards, as who is called back by others likes to do it: Node's server gives their bodies out. */

import { describe, expect, it, onTestFinished } from "vitest";
import { poll } from "../support/poll.ts";
import { exchange, RawClient, request } from "../support/raw-client.ts";
import { describeSubjects } from "../support/subjects.ts";

const ORDERS = [
  "at once",
  "the other way round",
  "a tick later",
  "in a turn of its own",
  "after a promise",
  "streaming its answer",
];

const FRAMINGS = {
  length: { fields: { "Content-Length": "8" }, first: "half", second: "half" },
  chunks: { fields: { "Transfer-Encoding": "chunked" }, first: "4\r\nhalf\r\n", second: "4\r\nhalf\r\n0\r\n\r\n" },
} as const;
const KINDS = ["length", "chunks"] as const;

let asked = 0;

describeSubjects(
  (subject, server) => {
    /** A later request, where there can be one: as a first one it may be another engine's. */
    async function open(): Promise<RawClient> {
      const client = await RawClient.connect(server().port);
      onTestFinished(() => client.destroy());
      if (!subject.keepAlive) return client;
      await client.send(request("GET /hello"));
      await client.read();
      return client;
    }

    async function outcome(id: number): Promise<unknown> {
      let text = "null";
      await poll(async () => {
        text = (await exchange(server().port, request(`GET /acknowledged?id=${id}`))).body.toString();
        return text !== "null";
      });
      return JSON.parse(text);
    }

    const line = (id: number, order: string): string => `POST /acknowledge?id=${id}&order=${encodeURIComponent(order)}`;

    it("the answer is what it was when it was given", async () => {
      const client = await open();
      await client.send(request("POST /unread-and-changed", {}, "body"));
      expect(await client.read("POST")).toMatchObject({ status: 200, body: Buffer.from("given") });
    });

    describe.each(ORDERS.flatMap((order) => KINDS.map((kind) => [order, kind] as const)))(
      "%s, by %s, one",
      (order, kind) => {
        const { fields, first, second } = FRAMINGS[kind];

        it("is read from what came with its head", async () => {
          const id = asked++;
          const client = await open();
          await client.send(request(line(id, order), fields) + first + second);
          expect((await client.read("POST")).body.toString()).toBe("received");
          expect(await outcome(id)).toEqual({ body: "halfhalf" });
        });

        // A thread is taken once a small body is here.
        if (!subject.keepAlive || (subject.workerClass === "gthread" && kind === "length")) return;

        it("is read from what comes once the answer is out, and the connection goes on", async () => {
          const id = asked++;
          const client = await open();
          await client.send(request(line(id, order), fields) + first);
          expect((await client.read("POST")).body.toString()).toBe("received");
          await client.send(second + request("GET /hello"));
          expect((await client.read()).body.toString()).toBe("hello\n");
          expect(await outcome(id)).toEqual({ body: "halfhalf" });
        });

        it("breaks off where the client goes then, which its reader is told", async () => {
          const id = asked++;
          const client = await open();
          await client.send(request(line(id, order), fields) + first);
          expect((await client.read("POST")).body.toString()).toBe("received");
          client.destroy();
          expect(await outcome(id)).toEqual({ error: "aborted" });
        });
      },
    );
  },
  [],
  ({ interface: name }) => name === "node",
);
