/** Reads the request corpus of test/conformance/requests/: exact bytes, and what must come of them. See its README.md. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../conformance/requests", import.meta.url));

export interface CorpusLimits {
  requestLine: number;
  fields: number;
  fieldSize: number;
}

/** Gunicorn's defaults: what a case is tried under when it names no limits. */
export const DEFAULT_LIMITS: CorpusLimits = { requestLine: 4094, fields: 100, fieldSize: 8190 };

export interface ExpectedRequest {
  method: string;
  target: string;
  httpMinor: 0 | 1;
  /** In order, as on the wire. Bytes are latin-1 characters here and in `body`. */
  headers: [string, string][];
  body: string;
  trailers: [string, string][];
  keepAlive: boolean;
  /** The bytes after the head are no longer HTTP. */
  upgrade?: boolean;
  expectContinue?: boolean;
}

interface CorpusCase {
  /** File name without its ending. */
  name: string;
  /** One sentence: what is tried. */
  about: string;
  bytes: Buffer;
  limits: CorpusLimits;
}

export interface ValidCase extends CorpusCase {
  requests: ExpectedRequest[];
}

export interface InvalidCase extends CorpusCase {
  /** A row of src/http/rules.ts. */
  rule: string;
  status: number;
  /** How many whole requests come before the refusal. */
  requests: number;
}

export function validCases(): ValidCase[] {
  return load<Omit<ValidCase, keyof CorpusCase>>("valid");
}

export function invalidCases(): InvalidCase[] {
  return load<Omit<InvalidCase, keyof CorpusCase>>("invalid").map((entry) => ({
    ...entry,
    requests: entry.requests ?? 0,
  }));
}

/** The bytes of an `.http` text. Exported for its own test. */
export function unescapeRequest(text: string): Buffer {
  const plain = text.replaceAll("\n", "");
  const bad = /[^\x20-\x7e]/.exec(plain);
  if (bad) throw new Error(`write the byte ${JSON.stringify(bad[0])} as an escape`);
  const bytes = plain.replaceAll(/\\(?:x([0-9a-f]{2})|(.?))/g, (whole, hex?: string, letter?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    const character = ESCAPES[letter ?? ""];
    if (character === undefined) throw new Error(`unknown escape ${whole}`);
    return character;
  });
  return Buffer.from(bytes, "latin1");
}

// --- internal ---

const ESCAPES: Record<string, string> = { r: "\r", n: "\n", t: "\t", "\\": "\\" };

function load<T>(kind: "valid" | "invalid"): (CorpusCase & T)[] {
  const folder = join(FOLDER, kind);
  const files = readdirSync(folder);
  const names = files.filter((file) => file.endsWith(".http")).map((file) => file.slice(0, -".http".length));
  const orphans = files.filter((file) => !names.includes(file.replace(/\.(http|json)$/, "")));
  if (orphans.length > 0) throw new Error(`in ${folder}: ${orphans.join(", ")} without an .http file`);
  return names.sort().map((name) => {
    const { limits, ...expected } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as T & {
      about: string;
      limits?: Partial<CorpusLimits>;
    };
    const bytes = unescapeRequest(readFileSync(join(folder, `${name}.http`), "utf8"));
    return { name, bytes, limits: { ...DEFAULT_LIMITS, ...limits }, ...expected } as unknown as CorpusCase & T;
  });
}
