/** What an application enters into an `AsyncLocalStorage` for one request: it stays with that request's code, and no other request finds it. */

import { expect, it, onTestFinished } from "vitest";
import { exchange, RawClient, request } from "../support/raw-client.ts";
import { describeSubjects } from "../support/subjects.ts";

describeSubjects((subject, server) => {
  const ask = async (line: string): Promise<string> =>
    (await exchange(server().port, request(`GET ${line}`))).body.toString();

  it("enterWith() is of one request", async () => {
    for (const say of ["a", "b"]) expect(await ask(`/context?ms=1&say=${say}`)).toBe(`undefined ${say}`);
    const names = Array.from({ length: 20 }, (__, i) => `c${i}`);
    const answers = await Promise.all(names.map((say) => ask(`/context?ms=20&say=${say}`)));
    expect(answers).toEqual(names.map((say) => `undefined ${say}`));
  });

  it.runIf(subject.keepAlive && subject.seesFirst)(
    "nor does it get to the next request of its connection",
    async () => {
      const client = await RawClient.connect(server().port);
      onTestFinished(() => client.destroy());
      const names = ["a", "b", "c"];
      await client.send(names.map((say) => request(`GET /context?ms=1&say=${say}`)).join(""));
      for (const say of names) expect((await client.read()).body.toString()).toBe(`undefined ${say}`);
    },
  );

  it.each(["/context", "/context-of-body"])("with a body, nor does it (%s)", async (path) => {
    for (const say of ["a", "b"]) {
      const answer = await exchange(server().port, request(`POST ${path}?ms=1&say=${say}`, {}, "body"));
      expect(answer.body.toString()).toBe(`undefined ${say}`);
    }
  });

  it.runIf(subject.keepAlive)("nor on a connection with bodies that come at once, later, or in chunks", async () => {
    const client = await RawClient.connect(server().port);
    onTestFinished(() => client.destroy());
    const line = (say: number): string => `POST /context-of-body?ms=1&say=${say}`;
    const chunked = { "Transfer-Encoding": "chunked" };
    for (let say = 0; say < 9; say++) {
      const text = request(line(say), {}, "body");
      if (say % 3 === 0) await client.send(text);
      else if (say % 3 === 1) await client.send(text, [text.length - 2]);
      else await client.send(`${request(line(say), chunked)}4\r\nbody\r\n0\r\n\r\n`);
      expect((await client.read("POST")).body.toString()).toBe(`undefined ${say}`);
    }
  });
});
