/** Node's web streams, loaded when somebody needs one: most answers do without, and each thread of a pool saves 2 MiB. */

import { createRequire } from "node:module";
import type { ReadableStream } from "node:stream/web";

type WebStreams = typeof import("node:stream/web");

export function webStreams(): WebStreams {
  return (loaded ??= createRequire(import.meta.url)("node:stream/web") as WebStreams);
}

/** Looks at the class only of what looks like one. */
export function isReadableStream(value: object): value is ReadableStream {
  return "getReader" in value && value instanceof webStreams().ReadableStream;
}

// --- internal ---

let loaded: WebStreams | undefined;
