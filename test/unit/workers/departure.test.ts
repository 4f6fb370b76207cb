import { expect, test } from "vitest";
import { Departure } from "../../../src/workers/departure.ts";

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
