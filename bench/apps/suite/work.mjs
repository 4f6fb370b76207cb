/** What the suite's applications do, whoever serves them. */

import { pbkdf2Sync } from "node:crypto";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

/** About a millisecond of a core of 2024. */
const ITERATIONS = 4500;
const ROWS = 10_000;

/** About so many milliseconds of hashing. */
export function hash(milliseconds) {
  return pbkdf2Sync("password", "salt", ITERATIONS * milliseconds, 32, "sha256").toString("hex");
}

const ORDERS = JSON.stringify(
  Array.from({ length: 3000 }, (_, id) => ({ id, customer: `customer-${id % 97}`, cents: (id * 7919) % 10_000 })),
);

/** Reads a document of 150 KB, sums it up by customer, and writes the sums: about a millisecond. */
export function transform() {
  const sums = {};
  for (const { customer, cents } of JSON.parse(ORDERS)) sums[customer] = (sums[customer] ?? 0) + cents;
  return JSON.stringify(Object.entries(sums).sort(([, a], [, b]) => b - a));
}

let requests = 0;

/** One request of twenty costs 50 ms, the others nothing to speak of. */
export function mixed() {
  return ++requests % 20 === 0 ? hash(50) : "Hello, World!";
}

export function timer() {
  return sleep(20, "Hello, World!");
}

/** From a service that takes its time. */
export async function upstream() {
  const response = await fetch(process.env.UPSTREAM);
  return response.text();
}

let pool;

/** One row by its key. */
export async function query() {
  pool ??= new (peer("pg").Pool)({ host: process.env.PGHOST, user: "bench", database: "postgres", max: 10 });
  const id = 1 + Math.floor(Math.random() * ROWS);
  const { rows } = await pool.query({ name: "item", text: "SELECT id, name FROM items WHERE id = $1", values: [id] });
  return JSON.stringify(rows[0]);
}

/** The path of an answer of text → what makes it. */
export const TEXTS = {
  "/": () => "Hello, World!",
  "/hash": () => hash(10),
  "/transform": transform,
  "/mixed": mixed,
  "/timer": timer,
  "/upstream": upstream,
  "/query": query,
};

export const DOWNLOAD = new Uint8Array(10 * 2 ** 20).fill(0x78);

// --- internal ---

/** A package of bench/peers. */
function peer(name) {
  return createRequire(new URL("../../peers/package.json", import.meta.url))(name);
}
