import { expect, test } from "vitest";
import { BY_SIGNAL, Departure, orphaned, RETIRED } from "../../../src/workers/leaving/departure.ts";

test("the stronger wish counts, in whatever order they come", async () => {
  const departure = new Departure();
  expect(departure.wish).toBeNull();
  let asked = 0;
  void departure.asked().then(() => asked++);
  departure.ask("graceful");
  departure.ask("graceful");
  await departure.asked();
  expect(asked).toBe(1);
  expect(departure.hasty).toBe(false);
  departure.ask("quick");
  departure.ask("graceful");
  expect(departure.wish).toBe("quick");
  expect(departure.hasty).toBe(true);
});

test("the master's order counts more than a signal's, in whatever order they come", () => {
  const stop = { cause: "stop", queue: "serve" } as const;
  for (const orders of [[BY_SIGNAL, stop] as const, [stop, BY_SIGNAL] as const]) {
    const departure = new Departure();
    for (const order of orders) departure.ask("graceful", order);
    expect(departure.order).toMatchObject(stop);
  }
});

test("a queue that any order wants served is served, and the first cause stays", () => {
  const departure = new Departure();
  departure.ask("graceful", { ...RETIRED, orphans: [7] });
  departure.ask("graceful", orphaned(false));
  expect(departure.order).toEqual({ cause: "recycle", queue: "serve", orphans: [7], alone: true });
  expect(orphaned(true)).toMatchObject({ queue: "leave", alone: true });
});
