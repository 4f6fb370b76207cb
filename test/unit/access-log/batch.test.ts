/** Lines of the access log that are made many at a time: all of them, in order, none late. */

import { expect, test, vi } from "vitest";
import { compileAccessLog } from "../../../src/http/access-log.ts";
import { BatchedAccessLog } from "../../../src/http/access-log/batch.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

function begin(): { lines: string[]; batch: BatchedAccessLog; log(first: number, last: number): void } {
  const lines: string[] = [];
  const batch = new BatchedAccessLog(compileAccessLog("%(U)s %(D)s", (line) => lines.push(line)));
  const log = (first: number, last: number): void => {
    for (let i = first; i <= last; i++) batch.log(new RecordingExchange({ target: `/${i}` }), i / 1000);
  };
  return { lines, batch, log };
}

const expected = (last: number): string[] => Array.from({ length: last }, (_, i) => `/${i + 1} ${i + 1}`);

test("lines are there a little later, in order, with times of their own", async () => {
  const { lines, batch, log } = begin();
  log(1, 100);
  await vi.waitFor(() => expect(lines).toEqual(expected(100)));
  log(101, 103);
  await vi.waitFor(() => expect(lines).toEqual(expected(103)));
  batch.close();
});

test("of many requests few are held", () => {
  const { lines, batch, log } = begin();
  log(1, 1000);
  expect(lines.length).toBeGreaterThan(900);
  batch.close();
  expect(lines).toEqual(expected(1000));
});

test("what the process leaves at its exit is made before the files' own exit hooks", () => {
  const before = process.listeners("exit");
  const { lines, batch, log } = begin();
  const hook = process.listeners("exit")[0]!;
  expect(before).not.toContain(hook);
  log(1, 3);
  hook.call(process, 0);
  expect(lines).toEqual(expected(3));
  batch.close();
  expect(process.listeners("exit")).toEqual(before);
});
