/** Whom process 1 reaps. */

import { expect, it } from "vitest";
import { Orphans } from "../../../src/master/orphans.ts";
import { RecordingLog } from "../../support/recording-log.ts";

it("reaps who is still a zombie a second later, and looks only when a child has ended", () => {
  let zombies: number[] = [];
  let looks = 0;
  const reaped: number[] = [];
  const orphans = new Orphans({ log: new RecordingLog() as never, now: () => 0 } as never, {
    zombies: () => (looks++, zombies),
    reap: (pid) => reaped.push(pid) > 0,
  });
  orphans.starting();
  orphans.tick(0);
  orphans.tick(1000);
  expect(looks).toBe(1);
  zombies = [10, 11];
  process.emit("SIGCHLD", "SIGCHLD");
  orphans.tick(2000);
  zombies = [11, 12]; // 10 was a child of Node's, which has reaped it
  orphans.tick(2500);
  expect(reaped).toEqual([]);
  orphans.tick(3000);
  expect(reaped).toEqual([11]);
  zombies = [12];
  orphans.tick(3500);
  expect(reaped).toEqual([11, 12]);
  orphans.stopped();
});
