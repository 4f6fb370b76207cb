/** The fuzzer: mutated requests, each fed whole, byte by byte, and cut at random points; any difference is a bug. */

import { native, type HttpParser, type ParserLimits } from "../../../src/native.ts";
import { mutate } from "./mutate.ts";
import { byteByByte, observe, randomPieces, whole } from "./observe.ts";
import { seeded } from "./random.ts";
import { fuzzSeeds } from "./seeds.ts";

export interface FuzzOptions {
  /** Input `i` depends on `seed + i` only. */
  seed: number;
  from: number;
  inputs: number;
  /** Called every 10,000 inputs. */
  progress?: (done: number) => void;
}

export interface FuzzReport {
  inputs: number;
  bytes: number;
  /** How many inputs ended in each rule; "none" for those without an error. */
  rules: Map<string, number>;
}

/** Throws on the first input that is seen differently, with what is needed to try it again. */
export function fuzz({ seed, from, inputs, progress }: FuzzOptions): FuzzReport {
  const seeds = fuzzSeeds();
  const subjects = LIMITS.map(createSubject);
  const disturb = createDisturbance();
  const report: FuzzReport = { inputs, bytes: 0, rules: new Map() };
  for (let index = from; index < from + inputs; index++) {
    const random = seeded(seed + index);
    const subject = random.pick(subjects);
    const input = mutate(seeds, random);
    const expected = observe(subject.whole, input, whole);
    const seen = {
      "byte by byte": observe(subject.bytewise, input, byteByByte),
      "in random pieces": observe(subject.pieces, input, randomPieces(random, disturb)),
    };
    for (const [how, actual] of Object.entries(seen)) {
      if (actual !== expected) throw new Error(describeDifference(seed, index, how, input, expected, actual));
    }
    report.bytes += input.length;
    const rule = /\nERROR (.*)$/.exec(expected)?.[1] ?? "none";
    report.rules.set(rule, (report.rules.get(rule) ?? 0) + 1);
    if ((index + 1) % 10_000 === 0) progress?.(index + 1 - from);
  }
  return report;
}

// --- internal ---

/** Small limits are reached by small inputs; 0 is none. */
const LIMITS: ParserLimits[] = [
  { requestLine: 4094, fields: 100, fieldSize: 8190 },
  { requestLine: 40, fields: 3, fieldSize: 40 },
  { requestLine: 0, fields: 0, fieldSize: 0 },
];

interface Subject {
  whole: HttpParser;
  bytewise: HttpParser;
  pieces: HttpParser;
}

/** The same three parsers serve every input, so that `reset()` is tried as well. */
function createSubject(limits: ParserLimits): Subject {
  const { HttpParser } = native();
  return { whole: new HttpParser(limits), bytewise: new HttpParser(limits), pieces: new HttpParser(limits) };
}

/** Another connection's half request between two pieces: parsers share memory of their thread, and must not mix it up. */
function createDisturbance(): () => void {
  const other = new (native().HttpParser)(LIMITS[0]!);
  const half = Buffer.from("POST /other HTTP/1.1\r\nHost: other\r\nX-Other: y");
  return () => {
    other.execute(half, 0, half.length);
    other.reset();
  };
}

function describeDifference(
  seed: number,
  index: number,
  how: string,
  input: Buffer,
  expected: string,
  actual: string,
): string {
  const text = JSON.stringify(input.toString("latin1"));
  return `seed ${seed}, input ${index}, ${how}:\n${text}\n--- whole${expected}\n--- ${how}${actual}`;
}
