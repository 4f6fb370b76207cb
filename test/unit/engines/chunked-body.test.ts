/** Answers without a declared length on uWebSockets: what is given to it while it keeps something. */

import { expect, test } from "vitest";
import type { UwsResponse } from "../../../src/engines/uws/binding.ts";
import { ChunkedBody } from "../../../src/engines/uws/chunked-body.ts";
import { poll } from "../../support/poll.ts";

/** Keeps what is written while `full`, as uWebSockets does. */
class FakeResponse {
  full = false;
  written: string[] = [];
  corks = 0;
  tell = (): void => {};

  write(chunk: string | Uint8Array): boolean {
    this.written.push(Buffer.from(chunk as string).toString());
    return !this.full;
  }

  cork(work: () => void): void {
    this.corks++;
    work();
  }

  onWritable(handler: () => boolean): void {
    this.tell = () => void handler();
  }
}

function make(): { res: FakeResponse; body: ChunkedBody; kernel: { room: boolean } } {
  const res = new FakeResponse();
  const kernel = { room: true };
  const body: ChunkedBody = new ChunkedBody(
    res as unknown as UwsResponse,
    () => kernel.room,
    () => void body.resume(),
  );
  return { res, body, kernel };
}

test("while something is kept, a byte for each try is written, and all follows in order", () => {
  const { res, body, kernel } = make();
  expect(body.write("first")).toBe(true);
  res.full = true;
  expect(body.write("second")).toBe(false);
  kernel.room = false;
  for (const text of ["third", "fourth"]) expect(body.write(text)).toBe(false);
  res.tell();
  res.tell();
  expect(res.written).toEqual(["first", "second", "t", "h"]);
  res.full = false;
  kernel.room = true;
  res.tell();
  expect(res.written.join("")).toBe("firstsecondthirdfourth");
  expect(body.write("fifth")).toBe(true);
});

test("where the kernel has no room, nothing is written but slices, later, each collected alone", async () => {
  const { res, body, kernel } = make();
  kernel.room = false;
  expect(body.write("x".repeat(20_000))).toBe(false);
  expect(res.written).toEqual([]);
  await poll(() => !body.waits);
  expect(res.written.map((text) => text.length)).toEqual([1, 8192, 8192, 3615]);
  expect(res.corks).toBeGreaterThanOrEqual(4);
  kernel.room = true;
  expect(body.write("more")).toBe(true);
});

test("the end gives it all that is left", () => {
  const { res, body } = make();
  res.full = true;
  for (const text of ["one", "two", "three"]) body.write(text);
  body.flush();
  expect(res.written.join("")).toBe("onetwothree");
});
