/** The light Response: keeps what it was given, checked, and lets everything else come into being on first use. */

import { inspect, type InspectOptions } from "node:util";
import type { HeaderList } from "../../../http/exchange.ts";
import { FixedBody, type Body } from "./body.ts";
import { consumeArrayBuffer, consumeBlob, consumeBytes, consumeFormData, consumeJson, consumeText } from "./consume.ts";
import { extractBody, TEXT_TYPE } from "./extract.ts";
import { isReasonPhrase } from "./field-syntax.ts";
import { listHasContentType, valueOf } from "./header-list.ts";
import { listOfHeaders, wrapList, type LightHeaders } from "./headers.ts";
import { dressAs, isInstance } from "./node-classes.ts";

export type ResponseKind = "default" | "error";

/** What the adapter sends of a light Response. */
export interface ResponseParts {
  readonly status: number;
  readonly statusText: string;
  /** The list itself, not a copy: the answer owns it from now on. */
  readonly headers: HeaderList;
  /** Text is all of a body, and taken: the response says that it is used. */
  readonly body: Body | string | null;
}

/** The parts of a light Response, or null if `value` is none. Assigned in the class, where private fields can be reached. */
export let responseParts: (value: object) => ResponseParts | null;

export class LightResponse {
  #status = 200;
  #statusText = "";
  #list: HeaderList;
  #body: Body | null = null;
  /** A body given as text, as long as nobody needs a Body for it. */
  #text: string | null = null;
  /** The text has been sent. */
  #taken = false;
  #headers: LightHeaders | null = null;
  #kind: ResponseKind = "default";
  #immutable = false;

  constructor(body: unknown = null, init?: ResponseInit | null) {
    const extracted = body === null || typeof body === "string" ? null : extractBody(body);
    if (init === undefined || init === null) {
      this.#list = [];
    } else {
      if (typeof init !== "object" && typeof init !== "function")
        throw new TypeError("Response constructor: init must be an object");
      const { headers, status, statusText } = init;
      this.#list = headers === undefined ? [] : listOfHeaders(headers, "Response constructor");
      if (status !== undefined) this.#status = checkStatus(status);
      if (statusText !== undefined) this.#statusText = checkStatusText(statusText);
    }
    if (extracted !== null) this.#setBody(extracted.body, extracted.type);
    else if (typeof body === "string") this.#setText(body, TEXT_TYPE);
  }

  static {
    responseParts = (value) => {
      if (!(#list in value)) return null;
      const response = value as LightResponse;
      return {
        status: response.#status,
        statusText: response.#statusText,
        headers: response.#list,
        body: response.#takeText() ?? response.#body,
      };
    };
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, LightResponse, "Response", value);
  }

  static error(): LightResponse {
    const response = new LightResponse();
    response.#status = 0;
    response.#kind = "error";
    response.#immutable = true;
    return response;
  }

  static json(data: unknown, init?: ResponseInit): LightResponse {
    if (arguments.length < 1) throw new TypeError("Response.json: 1 argument required, but only 0 present");
    const text = JSON.stringify(data) as string | undefined;
    if (text === undefined) throw new TypeError("Response.json: the value cannot be written as JSON");
    const response = new LightResponse(null, init);
    response.#setText(text, "application/json");
    return response;
  }

  static redirect(url: string | URL, status = 302): LightResponse {
    if (arguments.length < 1) throw new TypeError("Response.redirect: 1 argument required, but only 0 present");
    const target = parseUrl(`${url as string}`);
    const code = toUnsignedShort(status);
    if (!REDIRECTS.has(code)) throw new RangeError(`Response.redirect: ${code} is not the status of a redirect`);
    const response = new LightResponse();
    response.#status = code;
    response.#list = ["Location", target];
    response.#immutable = true;
    return response;
  }

  get type(): string {
    return this.#kind;
  }

  /** Always empty: only a Response from fetch() has a URL, and that is Node's. */
  get url(): string {
    void this.#kind; // refuses another `this`
    return "";
  }

  get redirected(): boolean {
    void this.#kind;
    return false;
  }

  get status(): number {
    return this.#status;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get headers(): Headers {
    this.#headers ??= wrapList(this.#list, true, this.#immutable);
    return this.#headers as unknown as Headers;
  }

  get body(): globalThis.ReadableStream | null {
    const body = this.#bodyNow();
    return body === null ? null : (body.stream as globalThis.ReadableStream);
  }

  get bodyUsed(): boolean {
    return this.#text === null ? this.#body !== null && this.#body.used : this.#taken;
  }

  clone(): LightResponse {
    const body = this.#bodyNow();
    if (body?.unusable) throw new TypeError("Response.clone: the body has already been read, or its stream is locked");
    const clone = new LightResponse();
    clone.#status = this.#status;
    clone.#statusText = this.#statusText;
    clone.#list = [...this.#list];
    clone.#kind = this.#kind;
    clone.#immutable = this.#immutable;
    clone.#body = body === null ? null : body.clone();
    return clone;
  }

  blob(): Promise<Blob> {
    return consumeBlob(this.#bodyNow(), this.#contentType());
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return consumeArrayBuffer(this.#bodyNow());
  }

  text(): Promise<string> {
    return consumeText(this.#bodyNow());
  }

  json(): Promise<unknown> {
    return consumeJson(this.#bodyNow());
  }

  formData(): Promise<FormData> {
    return consumeFormData(this.#bodyNow(), this.#contentType());
  }

  bytes(): Promise<Uint8Array> {
    return consumeBytes(this.#bodyNow());
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    const { status, statusText, headers, bodyUsed, ok, redirected, type, url } = this;
    // the stream is not shown: looking must not make one
    return `Response ${inspect({ status, statusText, headers, bodyUsed, ok, redirected, type, url }, { ...options, depth })}`;
  }

  #setBody(body: Body, type: string | null): void {
    this.#admitBody(type);
    this.#body = body;
  }

  #setText(text: string, type: string): void {
    this.#admitBody(type);
    this.#text = text;
  }

  /** The text, if it is still there to be sent; from now on it is not. */
  #takeText(): string | null {
    if (this.#text !== null && !this.#taken) {
      this.#taken = true;
      return this.#text;
    }
    this.#bodyNow();
    return null;
  }

  #bodyNow(): Body | null {
    if (this.#text !== null) {
      this.#body = new FixedBody(this.#text);
      if (this.#taken) this.#body.take();
      this.#text = null;
    }
    return this.#body;
  }

  #admitBody(type: string | null): void {
    if (this.#status === 204 || this.#status === 205 || this.#status === 304) {
      throw new TypeError(`Response constructor: a response with status ${this.#status} has no body`);
    }
    if (type !== null && !listHasContentType(this.#list)) this.#list.push("Content-Type", type);
  }

  #contentType(): string | null {
    return valueOf(this.#list, "content-type");
  }
}

// --- internal ---

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function checkStatus(given: unknown): number {
  const status = typeof given === "number" && Number.isInteger(given) ? given & 0xffff : toUnsignedShort(given);
  if (status < 200 || status > 599)
    throw new RangeError(`Response constructor: status ${status} is not between 200 and 599`);
  return status;
}

function checkStatusText(given: unknown): string {
  const text = `${given as string}`;
  if (text !== "" && !isReasonPhrase(text))
    throw new TypeError(`Response constructor: invalid statusText ${JSON.stringify(text)}`);
  return text;
}

/** https://webidl.spec.whatwg.org/#es-unsigned-short */
function toUnsignedShort(given: unknown): number {
  // unary plus refuses symbols and big integers, as the standard does
  return Math.trunc(+(given as number)) & 0xffff;
}

function parseUrl(url: string): string {
  try {
    return new URL(url).href;
  } catch (cause) {
    throw new TypeError(`Response.redirect: ${JSON.stringify(url)} is not an absolute URL`, { cause });
  }
}

dressAs(LightResponse, "Response");
