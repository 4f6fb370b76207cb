/** Answers without a declared length on uWebSockets: what is given to it while it keeps something. */

import { expect, test } from "vitest";
import type { UwsResponse } from "../../../src/engines/uws/binding.ts";
import { ChunkedBody } from "../../../src/engines/uws/chunked-body.ts";

/** Keeps what is written while `full`, as uWebSockets does. */
class FakeResponse {
  full = false;
  written: string[] = [];
  tell = (): void => {};

  write(chunk: string | Uint8Array): boolean {
    this.written.push(Buffer.from(chunk as string).toString());
    return !this.full;
  }

  cork(work: () => void): void {
    work();
  }

  onWritable(handler: () => boolean): void {
    this.tell = () => void handler();
  }
}

function make(): { res: FakeResponse; body: ChunkedBody } {
  const res = new FakeResponse();
  const body: ChunkedBody = new ChunkedBody(res as unknown as UwsResponse, () => void body.resume());
  return { res, body };
}

test("while something is kept, a byte for each try is written, and all follows in order", () => {
  const { res, body } = make();
  expect(body.write("first")).toBe(true);
  res.full = true;
  expect(body.write("second")).toBe(false);
  for (const text of ["third", "fourth"]) expect(body.write(text)).toBe(false);
  res.tell();
  expect(res.written).toEqual(["first", "second", "t", "h"]);
  res.full = false;
  res.tell();
  expect(res.written.join("")).toBe("firstsecondthirdfourth");
  expect(body.write("fifth")).toBe(true);
});

test("the end gives it all that is left", () => {
  const { res, body } = make();
  res.full = true;
  for (const text of ["one", "two", "three"]) body.write(text);
  body.flush();
  expect(res.written.join("")).toBe("onetwothree");
});
