/** The head of an answer: checks the application's fields, decides the framing, and makes the text. */

import { JunicornError } from "../base/errors.ts";
import type { HeaderList } from "./exchange.ts";
import { FieldKind, FieldNames, isFieldValue, parseLength, ValueKind, valueKind } from "./headers.ts";
import { hasNoBody, statusPhrase } from "./status.ts";

/** Declared length meaning "the application gave none". */
export const UNKNOWN_LENGTH = -1;

/**
 * Builds heads for one engine, one at a time: `build()` fills the fields below, which the caller reads before the next call.
 * One object is reused so that an answer costs no allocation beyond its text.
 */
export class ResponseHead {
  /** "200 OK" */
  statusText = "";
  /** The application's field lines, each after a CRLF, without those that are the engine's business: framing, connection. */
  lines = "";
  /** All of the lines are ASCII. */
  ascii = true;
  /** The application gave a Server, or a Date, of its own; they are among the lines. */
  hasServer = false;
  hasDate = false;
  /** Content-Length that goes out, or UNKNOWN_LENGTH. */
  length = UNKNOWN_LENGTH;
  chunked = false;
  /** The connection cannot be kept: asked by the application, or the end of the body is the end of the connection. */
  close = false;
  /** No body may follow (HEAD, 204, 304). */
  bodiless = false;
  /** What the application put into Connection beside `close` and `keep-alive`. */
  #options = "";

  readonly #names = new FieldNames();
  readonly #statusTexts: string[] = [];
  readonly #server: string;
  readonly #keepAlive: string;
  #dateSecond = 0;
  #dateLine = "";
  #keepTail = "";
  #closeTail = "";

  /** `serverHeader` "" sends none; `keepAliveSeconds` is announced to clients that are kept. */
  constructor(serverHeader: string, keepAliveSeconds: number) {
    this.#server = serverHeader === "" ? "" : `Server: ${serverHeader}\r\n`;
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.max(1, Math.floor(keepAliveSeconds))}\r\n`;
  }

  /**
   * `bodyLength` is the body's size when it is known now (a complete answer), else UNKNOWN_LENGTH. `keep` says whether the engine
   * would keep the connection. Throws `ERR_RESPONSE_*` for what must not go on the wire.
   */
  build(
    status: number,
    reason: string,
    headers: HeaderList,
    bodyLength: number,
    isHead: boolean,
    httpMinor: number,
    keep: boolean,
  ): void {
    if (status < 200) throw new JunicornError("ERR_RESPONSE_STATUS", { status }); // an interim answer is no answer
    this.statusText = this.#statusText(status, reason);
    this.hasDate = false;
    this.hasServer = false;
    this.ascii = true;
    let lines = "";
    let length = UNKNOWN_LENGTH;
    let options = "";
    let close = !keep;
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!;
      const value = headers[i + 1]!;
      const kind = this.#names.kind(name);
      if (kind < 0) throw badName(name);
      const characters = valueKind(value);
      if (characters !== ValueKind.ASCII) {
        if (characters === ValueKind.FORBIDDEN) throw badValue(name);
        this.ascii = false;
      }
      switch (kind) {
        case FieldKind.CONTENT_LENGTH:
          length = declaredLength(value, length);
          continue;
        case FieldKind.TRANSFER_ENCODING: // framing is the engine's; asking for chunked is no more than agreeing
        case FieldKind.KEEP_ALIVE:
          continue;
        case FieldKind.CONNECTION: {
          const rest = otherOptions(value);
          if (rest.close) close = true;
          if (rest.text !== "") options = options === "" ? rest.text : `${options}, ${rest.text}`;
          continue;
        }
        case FieldKind.DATE:
          this.hasDate = true;
          break;
        case FieldKind.SERVER:
          this.hasServer = true;
          break;
      }
      lines += "\r\n" + name + ": " + value;
    }
    this.lines = lines;
    this.#options = options;
    this.close = close;
    this.#frame(status, length, bodyLength, isHead, httpMinor);
  }

  /** The whole head for the wire, ending in the blank line. */
  get text(): string {
    let framing = "";
    if (this.length >= 0) framing = "Content-Length: " + this.length + "\r\n";
    else if (this.chunked) framing = "Transfer-Encoding: chunked\r\n";
    return "HTTP/1.1 " + this.statusText + this.lines + "\r\n" + framing + this.#tail();
  }

  /** The text of an interim answer: no framing, no fields of ours. */
  interim(status: number, headers: HeaderList): string {
    return `HTTP/1.1 ${this.#statusText(status, "")}\r\n${this.fields(headers)}\r\n`;
  }

  /** Checked field lines, for interim answers and trailers. */
  fields(headers: HeaderList): string {
    let text = "";
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!;
      const kind = this.#names.kind(name);
      if (kind < 0) throw badName(name);
      if (kind === FieldKind.CONTENT_LENGTH || kind === FieldKind.TRANSFER_ENCODING) {
        throw new JunicornError("ERR_RESPONSE_HEADER", { name, problem: "it is not allowed here" });
      }
      if (!isFieldValue(headers[i + 1]!)) throw badValue(name);
      text += name + ": " + headers[i + 1] + "\r\n";
    }
    return text;
  }

  #frame(status: number, length: number, bodyLength: number, isHead: boolean, httpMinor: number): void {
    this.chunked = false;
    this.bodiless = isHead || hasNoBody(status);
    if (hasNoBody(status)) {
      // RFC 9110 §8.6: none on 204; on 304 it describes the selected representation, so the application's own stays.
      this.length = status === 304 ? length : UNKNOWN_LENGTH;
      return;
    }
    // To a HEAD most applications give no body, which says nothing of what a GET would bring: such an answer names no length.
    const untold = isHead && bodyLength === 0;
    if (length < 0) length = untold ? UNKNOWN_LENGTH : bodyLength;
    else if (bodyLength >= 0 && length !== bodyLength && !isHead) {
      throw new JunicornError("ERR_RESPONSE_LENGTH", { actual: bodyLength, declared: length });
    }
    this.length = length;
    if (length >= 0 || untold) return;
    // A HEAD says what a GET would: its answer has no body, and so ends with its head whatever the framing.
    if (httpMinor >= 1) this.chunked = true;
    else if (!isHead) this.close = true;
  }

  #statusText(status: number, reason: string): string {
    if (reason === "") {
      const known = this.#statusTexts[status];
      if (known !== undefined) return known;
    }
    if (!Number.isInteger(status) || status < 100 || status > 999)
      throw new JunicornError("ERR_RESPONSE_STATUS", { status });
    if (!isFieldValue(reason)) throw badValue("status text");
    if (reason !== "") return `${status} ${reason}`;
    return (this.#statusTexts[status] = `${status} ${statusPhrase(status)}`);
  }

  /** Server, Date and Connection: the same for every answer of a second, so kept as two ready strings. */
  #tail(): string {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#dateLine = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
      this.#keepTail = `${this.#server}${this.#dateLine}${this.#keepAlive}\r\n`;
      this.#closeTail = `${this.#server}${this.#dateLine}Connection: close\r\n\r\n`;
    }
    if (this.#options === "" && !this.hasDate && !this.hasServer) return this.close ? this.#closeTail : this.#keepTail;
    const date = this.hasDate ? "" : this.#dateLine;
    return `${this.hasServer ? "" : this.#server}${date}${this.connectionLine}\r\n`;
  }

  /** "Connection: …" with its line end, for a connection that is kept or closed as decided. */
  get connectionLine(): string {
    if (this.close) return `Connection: ${this.#options === "" ? "close" : `close, ${this.#options}`}\r\n`;
    return this.#options === "" ? this.#keepAlive : `Connection: ${this.#options}\r\n`;
  }
}

// --- internal ---

function badName(name: string): JunicornError {
  return new JunicornError("ERR_RESPONSE_HEADER", { name: JSON.stringify(name), problem: "the name is not a token" });
}

function badValue(name: string): JunicornError {
  return new JunicornError("ERR_RESPONSE_HEADER", { name, problem: "the value has a forbidden character" });
}

function declaredLength(value: string, before: number): number {
  const length = parseLength(value);
  if (length < 0 || (before !== UNKNOWN_LENGTH && before !== length)) {
    throw new JunicornError("ERR_RESPONSE_HEADER", { name: "Content-Length", problem: "it is not one plain number" });
  }
  return length;
}

/** Splits the application's Connection value: is `close` in it, and what else but `keep-alive`. */
function otherOptions(value: string): { close: boolean; text: string } {
  let close = false;
  const others: string[] = [];
  for (const part of value.split(",")) {
    const option = part.trim().toLowerCase();
    if (option === "close") close = true;
    else if (option !== "keep-alive" && option !== "") others.push(part.trim());
  }
  return { close, text: others.join(", ") };
}
