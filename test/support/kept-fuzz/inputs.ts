/** Makes the inputs: requests of many parts, each sound or odd, some of them mutated, and cut into pieces. Input `n` is always the same. */

import { mutate } from "../../native/fuzz/mutate.ts";
import { seeded, type Random } from "../../native/fuzz/random.ts";
import { fuzzSeeds } from "../../native/fuzz/seeds.ts";
import { request } from "../raw-client.ts";
import {
  AFTER,
  ENCODING,
  EXTENSION,
  FIELD,
  LENGTH_AROUND,
  LENGTH_FIELDS,
  LINE_END,
  METHOD,
  SIZE_AROUND,
  SIZES,
  TARGET,
  TRAILERS,
  VERSION,
  type Words,
} from "./words.ts";

export interface Input {
  /** Negative: one that was found once. */
  readonly number: number;
  /** Each is sent by itself. The last has, or is the end of, a sound request. */
  readonly pieces: readonly Buffer[];
  /** The client shuts down its sending half after the last. */
  readonly ends: boolean;
}

export function inputOf(number: number): Input {
  const random = seeded(number);
  const messages = messagesOf(random);
  const bytes = Buffer.concat([...messages, Buffer.from(request("GET /marker"))]);
  let end = 0;
  const ends = messages.map(({ length }) => (end += length));
  return { number, pieces: cut(bytes, ends, number, random), ends: random.below(4) === 0 };
}

/** What was accepted on uWebSockets alone once, or ended the worker: each with the marker in the same segment. */
export function foundInputs(): Input[] {
  return FOUND.map((text, at) => {
    const bytes = Buffer.from(text + request("GET /marker"), "latin1");
    return { number: -1 - at, pieces: [bytes], ends: false };
  });
}

// --- internal ---

const CHUNKED = "POST /read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

const FOUND = [
  "POST /read HTTP/1.1\r\nHost: h\r\nContent-Length: 3\t\r\n\r\nabc",
  "GET /read HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
  "GET /close HTTP/1.1\r\nHost: h\r\n\r\n",
  "HEAD /close HTTP/1.1\r\nHost: h\r\n\r\n",
  "HEAD /close HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
  "GET /close HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na",
  "POST /early HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
  "GET /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
  `${CHUNKED}\r\n`,
  `${CHUNKED}0\r\n`,
  `${CHUNKED}0\r\n\r`,
  `${CHUNKED}3 \r\nabc\r\n0\r\n\r\n`,
  `${CHUNKED}3\nabc\r\n0\r\n\r\n`,
  `${CHUNKED}3\r\nabcxx0\r\n\r\n`,
];

const SEEDS = fuzzSeeds();
/** Mutations are for short ones: they would cut the rest off. */
const MOST_MUTATED = 1400;

/** How often something is odd, in percent; for an input, so that some have one oddity and some have many. */
const ODDS = [0, 1, 2, 4, 10];

/** All that is not known to be one message is one. */
function messagesOf(random: Random): Buffer[] {
  if (random.below(10) === 0) return [mutate(SEEDS, random)];
  const writer = new Writer(random);
  const made = writer.messages();
  const whole = Buffer.concat(made);
  const isMutated = random.below(3) === 0 && whole.length < MOST_MUTATED;
  return isMutated ? [mutate([whole, ...writer.messages()], random)] : made;
}

class Writer {
  readonly #random: Random;
  readonly #odds: number;

  constructor(random: Random) {
    this.#random = random;
    this.#odds = random.pick(ODDS);
  }

  messages(): Buffer[] {
    const made: Buffer[] = [];
    do made.push(Buffer.from(this.#message(), "latin1"));
    while (this.#random.below(3) === 0);
    return made;
  }

  #message(): string {
    const kind = this.#random.below(10);
    if (kind < 5) return this.#chunked();
    return kind < 8 ? this.#measured() : this.#head("") + this.#of(AFTER);
  }

  #head(framing: string): string {
    const fields = Array.from({ length: this.#random.below(4) }, () => this.#of(FIELD));
    if (!this.#isOdd()) fields.push("Host: h");
    if (framing !== "") fields.splice(this.#random.below(fields.length + 1), 0, framing);
    const line = `${this.#of(METHOD)} ${this.#of(TARGET)} ${this.#of(VERSION)}`;
    return [line, ...fields, ""].map((each) => each + this.#of(LINE_END)).join("");
  }

  #measured(): string {
    const body = this.#data();
    const length = String(body.length);
    return this.#head(this.#lengthField(length)) + (this.#isOdd() ? this.#chunks() : body) + this.#of(AFTER);
  }

  #lengthField(length: string): string {
    if (!this.#isOdd()) return `Content-Length: ${length}`;
    if (this.#random.below(2) === 0) return this.#random.pick(LENGTH_FIELDS).replaceAll("#", length);
    const [before, after] = this.#random.pick(LENGTH_AROUND);
    return `Content-Length: ${before}${length}${after}`;
  }

  #chunked(): string {
    return this.#head(this.#of(ENCODING)) + (this.#isOdd() ? this.#data() : this.#chunks()) + this.#of(AFTER);
  }

  #chunks(): string {
    let text = "";
    for (let left = this.#random.below(4); left > 0; left--) {
      const data = this.#data() || "abc";
      text += this.#sizeLine(this.#size(data.length)) + data + this.#of(LINE_END);
    }
    if (this.#isOdd()) return text;
    text += this.#sizeLine("0".repeat(1 + (this.#isOdd() ? this.#random.below(20) : 0)));
    return text + this.#of(TRAILERS) + this.#of(LINE_END);
  }

  #size(length: number): string {
    if (this.#isOdd()) return this.#random.pick(SIZES);
    const hex = (this.#isOdd() ? length - 1 + this.#random.below(3) : length).toString(16);
    return this.#random.below(2) === 0 ? hex : hex.toUpperCase();
  }

  #sizeLine(size: string): string {
    const [before, after] = this.#isOdd() ? this.#random.pick(SIZE_AROUND) : ["", ""];
    return before + size + after + this.#of(EXTENSION) + this.#of(LINE_END);
  }

  #data(): string {
    const data = [
      "",
      "a",
      "abc",
      "0\r\n\r\n",
      "\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "b".repeat(17),
      "c".repeat(300),
      "d".repeat(5000),
    ];
    return this.#random.pick(data);
  }

  #of([sound, odd]: Words): string {
    return this.#random.pick(this.#isOdd() ? odd : sound);
  }

  #isOdd(): boolean {
    return this.#random.below(100) < this.#odds;
  }
}

/** How many neighbours are cut byte by byte, and then none, for they take many turns. */
const BYTEWISE = { from: 64, every: 2048, bytes: 80 };

function cut(bytes: Buffer, ends: readonly number[], number: number, random: Random): Buffer[] {
  return [...piecesAt(bytes, new Set(cutsOf(bytes, ends, number, random)))];
}

function cutsOf(bytes: Buffer, ends: readonly number[], number: number, random: Random): number[] {
  if (number % BYTEWISE.every < BYTEWISE.from) {
    const start = random.below(Math.max(1, bytes.length - BYTEWISE.bytes));
    return Array.from({ length: BYTEWISE.bytes }, (_, i) => start + i);
  }
  // uWebSockets cuts a connection on which a request comes while an answer is pending. So most come by themselves.
  const cuts = random.below(4) === 0 ? [] : [...ends];
  const how = random.below(3);
  if (how === 0) return cuts;
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(bytes.length);
    cuts.push(how === 1 ? at : nearLineEnd(bytes, at));
  }
  return cuts;
}

/** On either side of the next CR or LF, or between the two. */
function nearLineEnd(bytes: Buffer, from: number): number {
  const at = bytes.indexOf("\r", from);
  return at === -1 ? from : at + (from % 3);
}

function* piecesAt(bytes: Buffer, cuts: ReadonlySet<number>): Generator<Buffer> {
  let start = 0;
  for (const at of [...cuts].sort((a, b) => a - b)) {
    if (at <= start || at >= bytes.length) continue;
    yield bytes.subarray(start, at);
    start = at;
  }
  yield bytes.subarray(start);
}
