/** The counts of a worker's logs, kept in its slot, where they outlive it. */

import type { LogCounts } from "../base/log-counts.ts";
import { FIELD, type SlotField } from "./scoreboard-layout.ts";
import type { ScoreboardSlot } from "./scoreboard.ts";

export class SlotLogCounts implements LogCounts {
  readonly #fields: Float64Array;

  constructor({ fields }: Pick<ScoreboardSlot, "fields">) {
    this.#fields = fields;
  }

  get warning(): number {
    return this.#get("logWarning");
  }
  set warning(count: number) {
    this.#set("logWarning", count);
  }

  get error(): number {
    return this.#get("logError");
  }
  set error(count: number) {
    this.#set("logError", count);
  }

  get critical(): number {
    return this.#get("logCritical");
  }
  set critical(count: number) {
    this.#set("logCritical", count);
  }

  get lost(): number {
    return this.#get("logLost");
  }
  set lost(count: number) {
    this.#set("logLost", count);
  }

  #get(field: SlotField): number {
    return this.#fields[FIELD[field]]!;
  }
  #set(field: SlotField, count: number): void {
    this.#fields[FIELD[field]] = count;
  }
}
