/** A worker's sign of life: a timer of the event loop that is judged, which also says how that loop fares. */

import { getHeapStatistics } from "node:v8";

import type { Clock } from "./clock.ts";
import { FIELD } from "./scoreboard-layout.ts";
import type { ScoreboardSlot } from "./scoreboard.ts";

/** Beats every `everyMs` until the function that is returned is called. Does not keep the process alive. */
export function startBeating(slot: Pick<ScoreboardSlot, "fields">, now: Clock, everyMs: number): () => void {
  const { fields } = slot;
  let due = now() + everyMs;
  let loop = performance.eventLoopUtilization();
  const beat = (): void => {
    const time = now();
    const late = Math.max(0, time - due - TIMER_GRAIN_MS);
    due = time + everyMs;
    const last = loop;
    loop = performance.eventLoopUtilization();
    fields[FIELD.heartbeat] = time;
    // A short block is rarely there when the timer is due: the worst of the last beats says more than the last.
    fields[FIELD.loopDelay] = Math.max(late, fields[FIELD.loopDelay]! * FADE);
    fields[FIELD.loopBusy] = performance.eventLoopUtilization(loop, last).utilization;
    noteHeap(fields);
  };
  noteHeap(fields);
  const timer = setInterval(beat, everyMs).unref();
  return () => clearInterval(timer);
}

// --- internal ---

function noteHeap(fields: Float64Array): void {
  const heap = getHeapStatistics();
  fields[FIELD.heapUsed] = heap.used_heap_size;
  fields[FIELD.heapLimit] = heap.heap_size_limit;
}

/** Timers count whole milliseconds, and are that much late without any fault of the loop. */
const TIMER_GRAIN_MS = 1;

/** What is left of a delay after each beat: at one beat a second, half of it after three seconds. */
const FADE = 0.8;
