/** From what an app gives as a body to a Body and its default content type (https://fetch.spec.whatwg.org/#bodyinit-unions). */

import type { ReadableStream } from "node:stream/web";
import { OwnBytes } from "../../../http/own-bytes.ts";
import { bodyOfStream, FixedBody, isDisturbed, StreamBody, type Body } from "./body.ts";
import { BlobBody, IterableBody } from "./lazy-body.ts";
import { nodeClasses } from "./node-classes.ts";
import { isReadableStream } from "./web-streams.ts";

export interface Extracted {
  readonly body: Body;
  /** Content type where the app names none, or null. */
  readonly type: string | null;
}

export const TEXT_TYPE = "text/plain;charset=UTF-8";

/** @throws {TypeError} for a stream that is locked or was read from. */
export function extractBody(given: unknown): Extracted {
  if (typeof given === "string") return { body: new FixedBody(given), type: TEXT_TYPE };
  if (typeof given === "object" && given !== null) return extractObject(given);
  return { body: new FixedBody(String(given)), type: TEXT_TYPE };
}

// --- internal ---

function extractObject(given: object): Extracted {
  // the standard copies: what happens to the bytes afterwards does not show
  if (ArrayBuffer.isView(given)) {
    const { buffer, byteOffset, byteLength } = given;
    return { body: new FixedBody(OwnBytes.copyOf(new Uint8Array(buffer, byteOffset, byteLength))), type: null };
  }
  if (isReadableStream(given)) {
    refuseUsed(given);
    return { body: bodyOfStream(given as ReadableStream<Uint8Array>), type: null };
  }
  if (given instanceof ArrayBuffer || given instanceof SharedArrayBuffer) {
    return { body: new FixedBody(OwnBytes.copyOf(new Uint8Array(given))), type: null };
  }
  if (given instanceof Blob) return { body: new BlobBody(given), type: given.type === "" ? null : given.type };
  if (given instanceof URLSearchParams) {
    return { body: new FixedBody(given.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (Symbol.asyncIterator in given) {
    refuseUsed(given);
    return { body: new IterableBody(given as AsyncIterable<unknown>), type: null };
  }
  // the last question, for it has Node load its fetch
  if (given instanceof FormData) return encodeForm(given);
  return { body: new FixedBody(`${given as unknown as string}`), type: TEXT_TYPE };
}

function refuseUsed(stream: object): void {
  if ((stream as { locked?: boolean }).locked === true || isDisturbed(stream)) {
    throw new TypeError("The body is a stream that is locked or has been read from");
  }
}

/** Node encodes multipart forms. */
function encodeForm(form: FormData): Extracted {
  const encoded = new (nodeClasses().Response)(form);
  const stream = encoded.body as unknown as ReadableStream<Uint8Array>;
  return { body: new StreamBody(stream), type: encoded.headers.get("content-type") };
}
