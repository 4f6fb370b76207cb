/** From what a handler returned to the answer on its exchange. */

import { inspect } from "node:util";
import { JunicornError } from "../../base/errors.ts";
import type { Exchange, FailureSink, HeaderList } from "../../http/exchange.ts";
import { bodyOfStream, FixedBody, type Body } from "./classes/body.ts";
import { listHas } from "./classes/header-list.ts";
import { IterableBody } from "./classes/lazy-body.ts";
import { responseParts, type ResponseParts } from "./classes/response.ts";
import { isReadableStream } from "./classes/web-streams.ts";
import { fieldsToDrop } from "./handed-on.ts";
import { pump } from "./pump.ts";

/**
 * Answers with a Response: ours (in one call if its body is known), Node's, or one of another library.
 * @throws ERR_NO_RESPONSE for anything else, and whatever the exchange refuses.
 */
export function answer(exchange: Exchange, returned: unknown, failures: FailureSink): void {
  if (typeof returned !== "object" || returned === null) throw noResponse(returned);
  const parts = responseParts(returned) ?? foreignParts(returned, exchange);
  const { status, statusText, headers, body } = parts;
  if (status === 0) throw problem("the handler returned Response.error()");
  if (body === null) {
    exchange.respond(status, statusText, headers, null);
    return;
  }
  if (typeof body === "string") {
    if (exchange.method === "HEAD") answerHead(exchange, parts, new FixedBody(body));
    else exchange.respond(status, statusText, headers, body); // nothing happens if the exchange is over
    return;
  }
  if (body.unusable) {
    throw problem("the handler returned a Response whose body has been used already: return a new one, or a clone()");
  }
  if (exchange.over) {
    body.cancel();
  } else if (exchange.method === "HEAD") {
    answerHead(exchange, parts, body);
  } else if (body instanceof FixedBody) {
    body.take();
    exchange.respond(status, statusText, headers, body.source);
  } else {
    startWith(exchange, parts, body);
    void pump(exchange, body, failures);
  }
}

// --- internal ---

/** The fields are those of GET; nobody reads the body. */
function answerHead(exchange: Exchange, parts: ResponseParts, body: Body): void {
  if (body instanceof FixedBody) {
    body.take();
    exchange.respond(parts.status, parts.statusText, withLength(parts.headers, body), null);
  } else {
    startWith(exchange, parts, body);
    exchange.end();
    body.cancel();
  }
}

/** A head that is refused leaves the body to nobody: its source has to know. */
function startWith(exchange: Exchange, { status, statusText, headers }: ResponseParts, body: Body): void {
  try {
    exchange.start(status, statusText, withLength(headers, body));
  } catch (error) {
    body.cancel(error);
    throw error;
  }
}

function withLength(headers: HeaderList, body: Body): HeaderList {
  const { length } = body;
  if (length < 0 || listHas(headers, "content-length") || listHas(headers, "transfer-encoding")) return headers;
  return [...headers, "Content-Length", String(length)];
}

/** The public side of a Response, whoever made it. */
interface ResponseLike {
  readonly status: number;
  readonly statusText?: string;
  readonly url?: string;
  readonly headers: Iterable<[string, string]>;
  readonly body?: unknown;
  readonly bodyUsed?: boolean;
}

function foreignParts(value: object, exchange: Exchange): ResponseParts {
  if (!isResponseLike(value)) throw noResponse(value);
  if (value.bodyUsed === true) {
    throw problem("the handler returned a Response whose body has been used already: return a new one, or a clone()");
  }
  const body = foreignBody(value.body);
  const headers: HeaderList = [];
  const fromFetch = value.url !== undefined && value.url !== "";
  const dropped = fromFetch ? fieldsToDrop(value.headers, body !== null && exchange.method !== "HEAD") : null;
  for (const [name, content] of value.headers) {
    if (dropped === null || !dropped.has(name)) headers.push(name, content);
  }
  return { status: value.status, statusText: value.statusText ?? "", headers, body };
}

function isResponseLike(value: object): value is ResponseLike {
  const { status, headers } = value as Partial<ResponseLike>;
  return typeof status === "number" && typeof headers === "object" && headers !== null && Symbol.iterator in headers;
}

function foreignBody(body: unknown): Body | null {
  if (body === null || body === undefined) return null;
  if (typeof body === "object" && isReadableStream(body)) return bodyOfStream(body);
  if (typeof body === "object" && Symbol.asyncIterator in body) return new IterableBody(body as AsyncIterable<unknown>);
  throw problem(`the handler returned a Response-like object whose body is ${describe(body)}`);
}

function noResponse(returned: unknown): JunicornError {
  return problem(`the handler returned ${describe(returned)} instead of a Response`);
}

function problem(text: string): JunicornError {
  return new JunicornError("ERR_NO_RESPONSE", { problem: text });
}

/** What it is, in a few words. */
function describe(value: unknown): string {
  if (value === undefined) return "undefined (is a return missing?)";
  if (typeof value === "string") return `a string (${inspect(value.length > 40 ? `${value.slice(0, 40)}…` : value)})`;
  if (typeof value === "function") return `a function (${value.name || "anonymous"})`;
  if (typeof value !== "object" || value === null) return inspect(value);
  const name = (value as { constructor?: { name?: string } }).constructor?.name;
  return name === undefined || name === "Object"
    ? `a plain object ${inspect(value, { depth: 0, breakLength: Infinity })}`
    : `an object of class ${name}`;
}
