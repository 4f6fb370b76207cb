import fc from "fast-check";
import { expect, test } from "vitest";
import { FULL_BATCH, LineBuffer } from "../../../src/base/line-buffer.ts";

const TAKE = Symbol("take");
const WRITTEN = Symbol("written");
const FORSAKEN = Symbol("forsaken");

const line = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ minLength: 3000, maxLength: 9000 }));

const step = fc.oneof({ weight: 4, arbitrary: line }, fc.constantFrom(TAKE, WRITTEN, FORSAKEN));

test("what is taken are the lines that were added, in order, and stays as it was until it is written", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const buffer = new LineBuffer();
      const pieces: Buffer[] = [];
      let written = 0;
      let expected = "";
      for (const step of [...steps, TAKE]) {
        if (step === TAKE) pieces.push(buffer.take());
        else if (step === FORSAKEN) {
          buffer.forsake();
          written = pieces.length; // never, so they stay
        } else if (step === WRITTEN) {
          for (; written < pieces.length; written++) pieces[written] = Buffer.from(pieces[written]!);
          buffer.written();
        } else {
          if (buffer.isFull(step as string)) buffer.encode();
          buffer.add(step as string);
          expected += `${step as string}\n`;
        }
      }
      expect(Buffer.concat(pieces).equals(Buffer.from(expected))).toBe(true);
      expect([buffer.lines, buffer.bytes, buffer.size]).toEqual([0, 0, 0]);
    }),
  );
});

test("areas are used again once they are written, whatever the size of the batches", () => {
  const buffer = new LineBuffer();
  for (const bytes of [200, 20_000, FULL_BATCH]) {
    const areas = new Set<ArrayBufferLike>();
    for (let batch = 0; batch < 20; batch++) {
      for (let sum = 0; sum < bytes; sum += 100) {
        const text = "x".repeat(99);
        if (buffer.isFull(text)) buffer.encode();
        // The one before leaves while this one is made.
        if (sum >= bytes / 2 && batch > 0) buffer.written();
        buffer.add(text);
      }
      areas.add(buffer.take().buffer);
    }
    expect(areas.size).toBeLessThanOrEqual(3);
  }
});

test("it counts its lines and, once they are encoded, their bytes", () => {
  const buffer = new LineBuffer();
  buffer.add("zwölf");
  expect([buffer.lines, buffer.bytes, buffer.size]).toEqual([1, 0, 6]);
  buffer.encode();
  expect([buffer.lines, buffer.bytes, buffer.size]).toEqual([1, 7, 7]);
  expect(String(buffer.take())).toBe("zwölf\n");
});
