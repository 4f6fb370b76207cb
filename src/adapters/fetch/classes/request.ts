/**
 * The light Request. One that comes in answers from its exchange, piece by piece on first use; one that an app constructs
 * is Node's inside, for the standard has many rules for it.
 */

import { inspect, type InspectOptions } from "node:util";
import { Exchange, type HeaderList } from "../../../http/exchange.ts";
import { abortSignalOf } from "../abort.ts";
import type { Body } from "./body.ts";
import { consumeArrayBuffer, consumeBlob, consumeBytes, consumeFormData, consumeJson, consumeText } from "./consume.ts";
import { wrapList, type LightHeaders } from "./headers.ts";
import { IncomingBody } from "./incoming-body.ts";
import { dressAs, isInstance, nodeClasses } from "./node-classes.ts";
import { requestUrl } from "./request-url.ts";

/** Everything the standard's `init` may hold; the types of Node 20 lack `cache`. */
export interface RequestMembers extends RequestInit {
  cache?: RequestCache;
}

export type NodeRequestObject = globalThis.Request;

// Assigned in the class: private fields can be reached only from there.

/** Node's Request for a light one, which shares its body; null if `value` is no light one. */
export let nodeRequestOf: (value: object) => NodeRequestObject | null;

/** The trailer fields of an incoming light Request, once its body has been read to its end. */
export let trailersOf: (request: LightRequest) => Promise<HeaderList>;

export class LightRequest {
  /** Null for a Request that an app constructed: then there is `#node`. */
  readonly #exchange: Exchange | null;
  readonly #node: NodeRequestObject | null;
  #url: string | null = null;
  #headers: LightHeaders | null = null;
  /** undefined: nobody has asked for it yet. */
  #body: Body | null | undefined = undefined;
  #trailers: IncomingBody | null = null;
  #signal: AbortSignal | null = null;

  /** As the standard has it; the adapter gives an exchange instead. */
  constructor(input: RequestInfo | URL | LightRequest | Exchange, init?: RequestMembers | null) {
    if (input instanceof Exchange) {
      this.#exchange = input;
      this.#node = null;
    } else {
      if (arguments.length < 1) throw new TypeError("Request constructor: 1 argument required, but only 0 present");
      this.#exchange = null;
      this.#node = new (nodeClasses().Request)(nodeInput(input), init ?? undefined);
    }
  }

  static {
    nodeRequestOf = (value) =>
      #node in value ? ((value as LightRequest).#node ?? (value as LightRequest).#toNode()) : null;
    trailersOf = (request) => {
      request.#bodyNow();
      return request.#trailers === null ? Promise.resolve([]) : request.#trailers.trailers;
    };
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, LightRequest, "Request", value);
  }

  get method(): string {
    return this.#exchange === null ? this.#node!.method : this.#exchange.method;
  }

  get url(): string {
    if (this.#exchange === null) return this.#node!.url;
    return (this.#url ??= requestUrl(this.#exchange));
  }

  get headers(): Headers {
    if (this.#exchange === null) return this.#node!.headers;
    this.#headers ??= wrapList(this.#exchange.rawHeaders, false, false);
    return this.#headers as unknown as Headers;
  }

  get signal(): AbortSignal {
    if (this.#exchange === null) return this.#node!.signal;
    return (this.#signal ??= abortSignalOf(this.#exchange));
  }

  get body(): globalThis.ReadableStream | null {
    if (this.#exchange === null) return this.#node!.body;
    const body = this.#bodyNow();
    return body === null ? null : (body.stream as globalThis.ReadableStream);
  }

  get bodyUsed(): boolean {
    if (this.#exchange === null) return this.#node!.bodyUsed;
    return this.#body !== undefined && this.#body !== null && this.#body.used;
  }

  get destination(): RequestDestination {
    return this.#exchange === null ? this.#node!.destination : "";
  }

  get referrer(): string {
    return this.#exchange === null ? this.#node!.referrer : "about:client";
  }

  get referrerPolicy(): ReferrerPolicy {
    return this.#exchange === null ? this.#node!.referrerPolicy : "";
  }

  get mode(): RequestMode {
    return this.#exchange === null ? this.#node!.mode : "cors";
  }

  get credentials(): RequestCredentials {
    return this.#exchange === null ? this.#node!.credentials : "same-origin";
  }

  get cache(): RequestCache {
    return this.#exchange === null ? this.#node!.cache : "default";
  }

  get redirect(): RequestRedirect {
    return this.#exchange === null ? this.#node!.redirect : "follow";
  }

  get integrity(): string {
    return this.#exchange === null ? this.#node!.integrity : "";
  }

  get keepalive(): boolean {
    return this.#exchange === null ? this.#node!.keepalive : false;
  }

  get isReloadNavigation(): boolean {
    void this.#node; // refuses another `this`
    return false;
  }

  get isHistoryNavigation(): boolean {
    void this.#node;
    return false;
  }

  get duplex(): "half" {
    void this.#node;
    return "half";
  }

  /** The client's address (no part of the standard; srvx and h3 look for it); undefined on a Request that did not come in. */
  get ip(): string | undefined {
    return this.#exchange?.peer.remoteAddress;
  }

  clone(): LightRequest {
    if (this.#exchange === null) return new LightRequest(this.#node!.clone());
    const body = this.#bodyNow();
    if (body?.unusable) throw new TypeError("Request.clone: the body has already been read, or its stream is locked");
    const clone = new LightRequest(this.#exchange);
    clone.#url = this.#url;
    clone.#headers = this.#headers === null ? null : copyHeaders(this.#headers);
    clone.#body = body === null ? null : body.clone();
    return clone;
  }

  blob(): Promise<Blob> {
    return this.#exchange === null ? this.#node!.blob() : consumeBlob(this.#bodyNow(), this.#contentType());
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#exchange === null ? this.#node!.arrayBuffer() : consumeArrayBuffer(this.#bodyNow());
  }

  text(): Promise<string> {
    return this.#exchange === null ? this.#node!.text() : consumeText(this.#bodyNow());
  }

  json(): Promise<unknown> {
    return this.#exchange === null ? this.#node!.json() : consumeJson(this.#bodyNow());
  }

  formData(): Promise<FormData> {
    return this.#exchange === null ? this.#node!.formData() : consumeFormData(this.#bodyNow(), this.#contentType());
  }

  bytes(): Promise<Uint8Array> {
    // Node's own has it from 22 on only in part of its releases
    return this.#exchange === null
      ? this.#node!.arrayBuffer().then((buffer) => new Uint8Array(buffer))
      : consumeBytes(this.#bodyNow());
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    const { method, url, headers, destination, referrer, referrerPolicy, mode, credentials, cache, redirect } = this;
    const { integrity, keepalive, bodyUsed } = this;
    const shown = {
      method,
      url,
      headers,
      bodyUsed,
      destination,
      referrer,
      referrerPolicy,
      mode,
      credentials,
      cache,
      redirect,
      integrity,
      keepalive,
    };
    return `Request ${inspect(shown, { ...options, depth })}`;
  }

  #bodyNow(): Body | null {
    if (this.#body === undefined) {
      this.#trailers = this.#exchange?.hasBody ? new IncomingBody(this.#exchange) : null;
      this.#body = this.#trailers;
    }
    return this.#body;
  }

  #contentType(): string | null {
    return this.headers.get("content-type");
  }

  #toNode(): NodeRequestObject {
    const { method, url, headers, signal } = this;
    // a body with GET or HEAD is legal in HTTP, and refused by the standard's constructor
    const body = method === "GET" || method === "HEAD" ? null : this.body;
    return new (nodeClasses().Request)(url, {
      method,
      headers: [...headers],
      signal,
      ...(body === null ? {} : { body, duplex: "half" }),
    });
  }
}

// --- internal ---

type RequestDestination = NodeRequestObject["destination"];
type ReferrerPolicy = NodeRequestObject["referrerPolicy"];
type RequestMode = NodeRequestObject["mode"];
type RequestCredentials = NodeRequestObject["credentials"];
type RequestCache = NodeRequestObject["cache"];
type RequestRedirect = NodeRequestObject["redirect"];
type RequestInfo = string | NodeRequestObject;

function nodeInput(input: RequestInfo | URL | LightRequest): RequestInfo | URL {
  if (typeof input !== "object" || input === null) return input;
  return nodeRequestOf(input) ?? (input as RequestInfo | URL);
}

function copyHeaders(headers: LightHeaders): LightHeaders {
  return wrapList([...headers].flat(), true, false);
}

Object.defineProperty(LightRequest, "length", { value: 1, configurable: true });
dressAs(LightRequest, "Request");
