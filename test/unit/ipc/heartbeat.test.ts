import { expect, onTestFinished, test } from "vitest";
import { startBeating } from "../../../src/ipc/heartbeat.ts";
import { SLOT_FIELDS, type SlotField } from "../../../src/ipc/scoreboard-layout.ts";
import { poll } from "../../support/poll.ts";

test("the heartbeat says how late it came and how busy the loop was, and both fade when the loop is free", async () => {
  const fields = new Float64Array(SLOT_FIELDS.length);
  const get = (name: SlotField): number => fields[SLOT_FIELDS.indexOf(name)]!;
  onTestFinished(startBeating({ fields }, () => performance.now(), 20));
  await poll(() => get("heartbeat") > 0, { what: "a beat" });

  const blockedAt = performance.now();
  while (performance.now() - blockedAt < 200);
  await poll(() => get("heartbeat") > blockedAt, { what: "a beat after the block" });
  expect(get("loopDelay")).toBeGreaterThan(100);
  expect(get("loopBusy")).toBeGreaterThan(0.5);

  await poll(() => get("loopDelay") < 20 && get("loopBusy") < 0.5, { what: "the delay to fade" });
});
