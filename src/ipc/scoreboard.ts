/** The scoreboard: shared memory in which every worker says what it does. Reading it costs no message and works while a worker hangs. */

import { native } from "../native.ts";
import { Remains } from "./last-words.ts";
import { RequestRows } from "./request-rows.ts";
import {
  Crash,
  FIELD,
  Histogram,
  LastWords,
  scoreboardSize,
  Slot,
  SLOT_FIELDS,
  slotSize,
  Stack,
  Statuses,
} from "./scoreboard-layout.ts";
import type { ScoreboardShape, SlotField } from "./scoreboard-layout.ts";

/** A stack that a watchdog has written; a new `sequence` tells it from the one before. */
export interface StackText {
  readonly sequence: number;
  readonly text: string;
}

/** One worker's part of the scoreboard. Exactly one process writes each field. */
export class ScoreboardSlot {
  readonly rows: RequestRows;
  /** The raw fields, indexed by FIELD: what hot code writes to. */
  readonly fields: Float64Array;
  readonly histogram: Float64Array;
  /** Answers by status, from 100 on. */
  readonly statuses: Float64Array;
  /** Handed to the native watchdog, which writes stacks there. */
  readonly stackArea: Uint8Array;
  /** What the process says of its own end. */
  readonly remains: Remains;

  constructor(buffer: ArrayBuffer, offset: number, rows: number) {
    this.fields = new Float64Array(buffer, offset + Slot.FIELDS, SLOT_FIELDS.length);
    this.histogram = new Float64Array(buffer, offset + Slot.HISTOGRAM, Histogram.BUCKETS);
    this.statuses = new Float64Array(buffer, offset + Slot.STATUSES, Statuses.COUNT);
    this.stackArea = new Uint8Array(buffer, offset + Slot.STACK, Stack.SIZE);
    this.remains = new Remains(
      new Uint8Array(buffer, offset + Slot.LAST_WORDS, LastWords.SIZE),
      new Uint8Array(buffer, offset + Slot.CRASH, Crash.SIZE),
    );
    this.rows = new RequestRows(buffer, offset + Slot.ROWS, rows, this.fields);
  }

  get(field: SlotField): number {
    return this.fields[FIELD[field]]!;
  }

  set(field: SlotField, value: number): void {
    this.fields[FIELD[field]] = value;
  }

  /** The last stack written here. */
  get stack(): StackText {
    const head = new Int32Array(this.stackArea.buffer, this.stackArea.byteOffset, 2);
    const sequence = Atomics.load(head, Stack.SEQUENCE / 4);
    const length = Math.max(0, Math.min(Atomics.load(head, Stack.LENGTH / 4), Stack.SIZE - Stack.TEXT));
    const text = Buffer.from(this.stackArea.buffer, this.stackArea.byteOffset + Stack.TEXT, length).toString();
    return { sequence, text };
  }

  /** Forgets the process that was here, keeping the stack's sequence number so that an old stack is never taken for a new one. */
  clear(): void {
    this.fields.fill(0); // the number of rows ever used among them, so that no row is looked at
    this.histogram.fill(0);
    this.statuses.fill(0);
    this.remains.clear();
  }
}

export class Scoreboard {
  /** The memory file, to be inherited by workers. */
  readonly fd: number;
  readonly shape: ScoreboardShape;
  readonly #buffer: ArrayBuffer;
  /** All of it, for a look at single fields without a view of each slot. */
  readonly #doubles: Float64Array;
  readonly #slots: (ScoreboardSlot | undefined)[] = [];

  /** Master: makes the memory. */
  static create(shape: ScoreboardShape): Scoreboard {
    return new Scoreboard(native().createSharedMemory("junicorn-scoreboard", scoreboardSize(shape)), shape);
  }

  /** Worker: maps what the master made. */
  static attach(fd: number, shape: ScoreboardShape): Scoreboard {
    return new Scoreboard(fd, shape);
  }

  private constructor(fd: number, shape: ScoreboardShape) {
    this.fd = fd;
    this.shape = shape;
    this.#buffer = native().mapSharedMemory(fd, scoreboardSize(shape));
    this.#doubles = new Float64Array(this.#buffer);
  }

  /** Always the same object, so that looking costs no memory. */
  slot(index: number): ScoreboardSlot {
    return (this.#slots[index] ??= new ScoreboardSlot(this.#buffer, this.#offset(index), this.shape.rows));
  }

  /** Indexes of the slots that have a worker. */
  occupied(): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.shape.slots; index++)
      if (this.#doubles[(this.#offset(index) + Slot.FIELDS) / 8 + FIELD.pid] !== 0) found.push(index);
    return found;
  }

  /** Only the fields of a slot, for who looks at many. */
  fields(index: number): Float64Array {
    return new Float64Array(this.#buffer, this.#offset(index) + Slot.FIELDS, SLOT_FIELDS.length);
  }

  #offset(index: number): number {
    if (index < 0 || index >= this.shape.slots) throw new RangeError(`the scoreboard has no slot ${index}`);
    return index * slotSize(this.shape);
  }
}
