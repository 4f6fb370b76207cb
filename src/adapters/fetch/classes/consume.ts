/** The reading methods that Request and Response share (https://fetch.spec.whatwg.org/#body-mixin). */

import type { Body } from "./body.ts";
import { nodeClasses } from "./node-classes.ts";

export function consumeText(body: Body | null): Promise<string> {
  if (body === null) return Promise.resolve("");
  return body.unusable ? refuseUnusable() : body.text();
}

export function consumeJson(body: Body | null): Promise<unknown> {
  return consumeText(body).then(parseJson);
}

export function consumeBytes(body: Body | null): Promise<Uint8Array> {
  if (body === null) return Promise.resolve(new Uint8Array(0));
  return body.unusable ? refuseUnusable() : body.bytes().then(plainBytes);
}

export function consumeArrayBuffer(body: Body | null): Promise<ArrayBuffer> {
  return consumeBytes(body).then((bytes) => bytes.buffer as ArrayBuffer);
}

/** Parsing media types and forms is Node's. */
export function consumeBlob(body: Body | null, contentType: string | null): Promise<Blob> {
  return consumeBytes(body).then((bytes) => withNode(bytes, contentType).blob()) as Promise<Blob>;
}

export function consumeFormData(body: Body | null, contentType: string | null): Promise<FormData> {
  return consumeBytes(body).then((bytes) => withNode(bytes, contentType).formData()) as Promise<FormData>;
}

// --- internal ---

function refuseUnusable(): Promise<never> {
  return Promise.reject(new TypeError("Body is unusable: it has already been read, or its stream is locked"));
}

function parseJson(text: string): unknown {
  return JSON.parse(text);
}

/** Bytes with an ArrayBuffer of their own, for it is handed out and may be transferred. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  const whole = bytes.byteLength === bytes.buffer.byteLength && bytes.constructor === Uint8Array;
  return whole ? bytes : new Uint8Array(bytes);
}

function withNode(bytes: Uint8Array, contentType: string | null): globalThis.Response {
  const { Response: NodeResponse } = nodeClasses();
  return new NodeResponse(bytes, contentType === null ? {} : { headers: { "content-type": contentType } });
}
