import fc from "fast-check";
import { expect, test } from "vitest";
import { DeadlineQueue, type Timed } from "../../../src/engines/deadlines.ts";

interface Item extends Timed {
  name: number;
}

const item = (name: number): Item => ({ name, deadline: 0, queue: null, before: null, after: null });

test("whatever is armed, moved and disarmed, exactly what is due expires, in order", () => {
  const step = fc.record({
    what: fc.constantFrom("arm", "disarm", "sweep"),
    queue: fc.nat(1),
    who: fc.nat(4),
    wait: fc.nat(30),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const expired: number[] = [];
      const note = (timed: Item): number => expired.push(timed.name);
      const queues = [new DeadlineQueue(10, note), new DeadlineQueue(25, note)];
      const items = [0, 1, 2, 3, 4].map(item);
      const model = new Map<number, { queue: number; due: number; order: number }>();
      let now = 0;
      let order = 0;
      for (const { what, queue, who, wait } of steps) {
        now += wait;
        if (what === "arm") {
          queues[queue]!.arm(items[who]!, now);
          model.set(who, { queue, due: now + [10, 25][queue]!, order: order++ });
        } else if (what === "disarm") {
          items[who]!.queue?.disarm(items[who]!);
          model.delete(who);
        } else {
          expired.length = 0;
          queues[queue]!.sweep(now);
          const due = [...model].filter(([, entry]) => entry.queue === queue && entry.due <= now);
          due.sort(([, a], [, b]) => a.order - b.order);
          expect(expired).toEqual(due.map(([name]) => name));
          for (const [name] of due) model.delete(name);
        }
        for (const [index, q] of queues.entries())
          expect(q.empty).toBe(![...model.values()].some((entry) => entry.queue === index));
      }
    }),
  );
});

test("a queue of length 0 never holds anything", () => {
  const queue = new DeadlineQueue(0, () => expect.unreachable());
  const timed = item(1);
  queue.arm(timed, 0);
  expect(queue.empty).toBe(true);
  queue.sweep(1e9);
});
