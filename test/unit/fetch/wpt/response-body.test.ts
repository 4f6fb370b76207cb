/** Response: every kind of body, read in every way. */

import { expect } from "vitest";
import { overSubjects, readAll, rejectsWith, show, streamOf } from "./subjects.ts";

const TEXT = "héllo 💩";
const BYTES = new TextEncoder().encode(TEXT);

/** Every kind of body, all with the same bytes. */
const kinds: [string, () => unknown][] = [
  ["a string", () => TEXT],
  ["a Uint8Array", () => new Uint8Array(BYTES)],
  ["a view into a larger buffer", () => new Uint8Array([1, ...BYTES, 2]).subarray(1, BYTES.length + 1)],
  ["a DataView", () => new DataView(new Uint8Array(BYTES).buffer)],
  ["an ArrayBuffer", () => new Uint8Array(BYTES).buffer],
  ["a Buffer", () => Buffer.from(TEXT)],
  ["a Blob", () => new Blob([TEXT])],
  ["a stream", () => streamOf(BYTES.slice(0, 2), BYTES.slice(2))],
  [
    "a byte stream",
    () =>
      new ReadableStream({
        type: "bytes",
        start(c) {
          c.enqueue(new Uint8Array(BYTES));
          c.close();
        },
      }),
  ],
  [
    "an async generator",
    () =>
      (async function* () {
        yield BYTES.slice(0, 3);
        yield BYTES.slice(3);
      })(),
  ],
];

overSubjects("Response, consume", ({ Response }, check) => {
  for (const [what, make] of kinds) {
    check(`text() of ${what}`, async () => expect(await new Response(make() as never).text()).toBe(TEXT));
    check(`arrayBuffer() of ${what}`, async () => {
      const buffer = await new Response(make() as never).arrayBuffer();
      expect(buffer).toBeInstanceOf(ArrayBuffer);
      expect(new Uint8Array(buffer)).toEqual(BYTES);
    });
    check(`bytes() of ${what}`, async () => {
      const bytes = await (new Response(make() as never) as unknown as { bytes(): Promise<Uint8Array> }).bytes();
      expect([bytes.constructor, bytes.byteLength === bytes.buffer.byteLength]).toEqual([Uint8Array, true]);
      expect(bytes).toEqual(BYTES);
    });
    check(`blob() of ${what}`, async () => {
      const blob = await new Response(make() as never, {
        headers: { "content-type": "Text/HTML;Charset=UTF-8" },
      }).blob();
      expect([await blob.text(), blob.type.toLowerCase()]).toEqual([TEXT, "text/html;charset=utf-8"]);
    });
    check(`body of ${what}`, async () => {
      const response = new Response(make() as never);
      expect(response.body).toBeInstanceOf(ReadableStream);
      expect(response.body).toBe(response.body);
      expect(await readAll(response.body!)).toBe(TEXT);
      expect(response.bodyUsed).toBe(true);
    });
    check(`clone() of ${what}`, async () => {
      const response = new Response(make() as never);
      const clone = response.clone();
      expect(await Promise.all([response.text(), clone.text()])).toEqual([TEXT, TEXT]);
    });
    check(`clone() of ${what} whose stream was looked at`, async () => {
      const response = new Response(make() as never);
      void response.body;
      const clone = response.clone();
      expect(await Promise.all([response.text(), readAll(clone.body!)])).toEqual([TEXT, TEXT]);
    });
    check(`cancelling the body of ${what}`, async () => {
      const response = new Response(make() as never);
      await response.body!.cancel();
      expect(response.bodyUsed).toBe(true);
      await rejectsWith(response.text(), TypeError);
    });
    for (const method of ["text", "json", "arrayBuffer", "blob", "formData", "bytes"] as const) {
      check(`${method}() of ${what} uses it up`, async () => {
        const response = new Response(make() as never) as Response & { bytes(): Promise<Uint8Array> };
        expect(response.bodyUsed).toBe(false);
        const first = response[method]().catch(() => undefined);
        expect(response.bodyUsed).toBe(true);
        await first;
        for (const again of ["text", "json", "arrayBuffer", "blob", "formData", "bytes"] as const)
          await rejectsWith(response[again](), TypeError);
        expect(() => response.clone()).toThrow(TypeError);
        expect(response.bodyUsed).toBe(true);
        const { locked } = response.body!;
        expect(typeof locked).toBe("boolean");
      });
    }
  }
  check("json()", async () => expect(await new Response('{"a":[1,"é"]}').json()).toEqual({ a: [1, "é"] }));
  for (const text of ["", "{", "undefined", "'a'"]) {
    check(`json() of ${show(text)} rejects`, () => rejectsWith(new Response(text).json(), SyntaxError));
  }
  check("reading without a body", async () => {
    const response = new Response() as Response & { bytes(): Promise<Uint8Array> };
    expect([
      await response.text(),
      (await response.arrayBuffer()).byteLength,
      (await response.blob()).size,
      (await response.bytes()).length,
    ]).toEqual(["", 0, 0, 0]);
    expect([response.bodyUsed, await response.text()]).toEqual([false, ""]);
    await rejectsWith(response.json(), SyntaxError);
    await rejectsWith(response.formData(), TypeError);
  });
  const texts: [string, unknown, string][] = [
    ["a byte order mark goes", "\ufeffabc", "abc"],
    ["a byte order mark in bytes goes", new Uint8Array([0xef, 0xbb, 0xbf, 97]), "a"],
    ["a lone surrogate becomes U+FFFD", "a\ud800b", "a\ufffdb"],
    ["malformed bytes become U+FFFD", new Uint8Array([97, 0xff, 0xe2, 0x82, 98]), "a\ufffd\ufffdb"],
    ["UTF-16 bytes are not guessed", new Uint8Array([0xff, 0xfe, 97, 0]), "\ufffd\ufffda\0"],
    ["objects are stringified", { toString: () => "mine" }, "mine"],
    ["undefined in an array", [undefined, 1], ",1"],
  ];
  for (const [title, body, expected] of texts)
    check(`text(): ${title}`, async () => expect(await new Response(body as never).text()).toBe(expected));
  check(
    "text(): only one byte order mark goes",
    async () => expect(await new Response("\ufeff\ufeffabc").text()).toBe("\ufeffabc"),
    { nodeDeviates: "two go" },
  );
  check("json() with a byte order mark", async () => expect(await new Response("\ufeff1").json()).toBe(1));
  check("the bytes are copied when given", async () => {
    const bytes = new Uint8Array([97, 98]);
    const response = new Response(bytes);
    bytes.fill(99);
    expect(await response.text()).toBe("ab");
  });
  check("what is read can be written to", async () => {
    const response = new Response("ab");
    const clone = response.clone();
    new Uint8Array(await response.arrayBuffer()).fill(0);
    expect(await clone.text()).toBe("ab");
  });
  check("formData() of a urlencoded body", async () => {
    const form = await new Response(new URLSearchParams({ a: "1 2", b: "é" })).formData();
    expect([...form]).toEqual([
      ["a", "1 2"],
      ["b", "é"],
    ]);
  });
  check("formData() of a multipart body", async () => {
    const given = new FormData();
    given.append("a", "1");
    given.append("file", new File(["content"], "f.txt", { type: "text/plain" }));
    const form = await new Response(given).formData();
    const file = form.get("file") as File;
    expect([form.get("a"), file.name, file.type, await file.text()]).toEqual(["1", "f.txt", "text/plain", "content"]);
  });
  check("formData() of another type rejects", () => rejectsWith(new Response("a=b").formData(), TypeError));
  check("a null body's stream is null", () =>
    expect([new Response(null).body, new Response(undefined).body]).toEqual([null, null]),
  );
  check("an empty body has a stream", async () => {
    const response = new Response("");
    expect([response.body === null, await readAll(response.body!)]).toEqual([false, ""]);
  });
});
