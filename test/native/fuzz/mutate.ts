/** Makes new requests out of known ones: the bytes that parsers disagree about are tried most. */

import type { Random } from "./random.ts";

/** Longer inputs cost time and show nothing new. */
const MOST_BYTES = 1500;

const BYTES = "\r\n\0\t :;,\x7f\x80\xff0129afAFzG/*?#%@[]\"'=-+_.".split("").map((char) => char.charCodeAt(0));

const FRAGMENTS = [
  "\r\n",
  "\r\n\r\n",
  "\n",
  "\r",
  "\r\n ",
  " ",
  "\t",
  "\0",
  "Host: h\r\n",
  "Host:\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Content-Length : 3\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding:\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, upgrade\r\n",
  "Upgrade: websocket\r\n",
  "Expect: 100-continue\r\n",
  "X:\r\n",
  "X: y\r\n",
  "0\r\n\r\n",
  "0\r\nX: y\r\n\r\n",
  "5\r\nhello\r\n",
  "5;a=b\r\nhello\r\n",
  '1;a="\\""\r\nx\r\n',
  "ffffffffffffffff",
  "18446744073709551616",
  "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
  "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  " HTTP/1.1\r\n",
  "HTTP/0.9",
].map((text) => Buffer.from(text, "latin1"));

type Mutation = (input: Buffer, random: Random, seeds: readonly Buffer[]) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  replaceByte,
  insertByte,
  insertFragment,
  removeRange,
  repeatRange,
  repeatByte,
  swapLines,
  removeLine,
  repeatLine,
  changeCase,
  splice,
  append,
];

/** One to six mutations of one of the seeds. */
export function mutate(seeds: readonly Buffer[], random: Random): Buffer {
  let input = random.pick(seeds);
  for (let left = 1 + random.below(4); left > 0; left--) {
    input = random.pick(MUTATIONS)(input, random, seeds);
    if (input.length > MOST_BYTES) input = input.subarray(0, MOST_BYTES);
  }
  return input;
}

// --- internal ---

function spliced(input: Buffer, start: number, end: number, middle: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, start), middle, input.subarray(end)]);
}

/** Anywhere, but less often near the start, where everything is refused by the first line. */
function position(input: Buffer, random: Random): number {
  return Math.max(random.below(input.length + 1), random.below(input.length + 1));
}

/** A non-empty range of the input, of 32 bytes at most. */
function range(input: Buffer, random: Random): [number, number] {
  const start = position(input, random);
  return [start, Math.min(input.length, start + 1 + random.below(32))];
}

function flipBit(input: Buffer, random: Random): Buffer {
  const copy = Buffer.from(input);
  if (copy.length > 0) copy[position(copy, random) % copy.length]! ^= 1 << random.below(8);
  return copy;
}

function replaceByte(input: Buffer, random: Random): Buffer {
  const copy = Buffer.from(input);
  if (copy.length > 0) copy[position(copy, random) % copy.length] = random.pick(BYTES);
  return copy;
}

function insertByte(input: Buffer, random: Random): Buffer {
  const at = position(input, random);
  return spliced(input, at, at, Uint8Array.of(random.pick(BYTES)));
}

function insertFragment(input: Buffer, random: Random): Buffer {
  const at = position(input, random);
  return spliced(input, at, at, random.pick(FRAGMENTS));
}

function removeRange(input: Buffer, random: Random): Buffer {
  const [start, end] = range(input, random);
  return spliced(input, start, end, new Uint8Array(0));
}

function repeatRange(input: Buffer, random: Random): Buffer {
  const [start, end] = range(input, random);
  return spliced(input, end, end, input.subarray(start, end));
}

/** Long runs are what limits are for. */
function repeatByte(input: Buffer, random: Random): Buffer {
  const at = position(input, random);
  return spliced(input, at, at, Buffer.alloc(1 + random.below(400), random.pick(BYTES)));
}

/** Starts of the input's lines, and its end. */
function lineStarts(input: Buffer): number[] {
  const starts = [0];
  for (let at = input.indexOf(10); at !== -1; at = input.indexOf(10, at + 1)) starts.push(at + 1);
  if (starts.at(-1) !== input.length) starts.push(input.length);
  return starts;
}

function swapLines(input: Buffer, random: Random): Buffer {
  const starts = lineStarts(input);
  if (starts.length < 3) return input;
  const line = random.below(starts.length - 2);
  const [start, middle, end] = [starts[line]!, starts[line + 1]!, starts[line + 2]!];
  return spliced(input, start, end, Buffer.concat([input.subarray(middle, end), input.subarray(start, middle)]));
}

function removeLine(input: Buffer, random: Random): Buffer {
  const starts = lineStarts(input);
  if (starts.length < 2) return input;
  const line = random.below(starts.length - 1);
  return spliced(input, starts[line]!, starts[line + 1]!, new Uint8Array(0));
}

function repeatLine(input: Buffer, random: Random): Buffer {
  const starts = lineStarts(input);
  if (starts.length < 2) return input;
  const line = random.below(starts.length - 1);
  const copy = input.subarray(starts[line], starts[line + 1]);
  const at = random.pick(starts);
  return spliced(input, at, at, copy);
}

function changeCase(input: Buffer, random: Random): Buffer {
  const [start, end] = range(input, random);
  const copy = Buffer.from(input);
  for (let i = start; i < end; i++) if (/[A-Za-z]/.test(String.fromCharCode(copy[i]!))) copy[i]! ^= 0x20;
  return copy;
}

function splice(input: Buffer, random: Random, seeds: readonly Buffer[]): Buffer {
  const other = random.pick(seeds);
  return Buffer.concat([
    input.subarray(0, random.below(input.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);
}

function append(input: Buffer, random: Random, seeds: readonly Buffer[]): Buffer {
  return Buffer.concat([input, random.pick(seeds)]);
}
