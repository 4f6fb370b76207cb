import fc from "fast-check";
import { expect, test } from "vitest";
import { LineBuffer } from "../../../src/base/line-buffer.ts";

const line = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ minLength: 3000, maxLength: 9000 }));

test("what is taken are the lines that were added, in order, and earlier pieces stay as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(line, fc.constant(null)), { maxLength: 60 }), (steps) => {
      const buffer = new LineBuffer();
      const pieces: Buffer[] = [];
      let expected = "";
      for (const step of steps) {
        if (step === null) {
          pieces.push(buffer.take());
          continue;
        }
        if (buffer.isFull(step)) buffer.encode();
        buffer.add(step);
        expected += `${step}\n`;
      }
      pieces.push(buffer.take());
      expect(Buffer.concat(pieces).equals(Buffer.from(expected))).toBe(true);
      expect([buffer.lines, buffer.bytes, buffer.size]).toEqual([0, 0, 0]);
    }),
  );
});

test("it counts its lines and, once they are encoded, their bytes", () => {
  const buffer = new LineBuffer();
  buffer.add("zwölf");
  expect([buffer.lines, buffer.bytes, buffer.size]).toEqual([1, 0, 6]);
  buffer.encode();
  expect([buffer.lines, buffer.bytes, buffer.size]).toEqual([1, 7, 7]);
  expect(String(buffer.take())).toBe("zwölf\n");
});
