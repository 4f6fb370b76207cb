/** The head of an answer: checks the application's fields, decides the framing, and makes the text. */

import { JunicornError } from "../base/errors.ts";
import type { HeaderList } from "./exchange.ts";
import { badName, badValue, FieldBlock, UNKNOWN_LENGTH } from "./field-block.ts";
import { FieldKind, FieldNames, isFieldValue } from "./headers.ts";
import { hasNoBody, statusPhrase } from "./status.ts";

export { UNKNOWN_LENGTH } from "./field-block.ts";

/**
 * Builds heads for one engine, one at a time: `build()` fills the fields below, which the caller reads before the next call.
 * One object is reused so that an answer costs no allocation beyond its text.
 */
export class ResponseHead {
  /** "200 OK" */
  statusText = "";
  /** The application's fields. */
  block: FieldBlock;
  /** Content-Length that goes out, or UNKNOWN_LENGTH. */
  length = UNKNOWN_LENGTH;
  chunked = false;
  /** The connection cannot be kept: asked by the application, or the end of the body is the end of the connection. */
  close = false;
  /** No body may follow (HEAD, 204, 304). */
  bodiless = false;

  /** Blocks by the length of their lists: most answers have the fields of one before them, a Content-Length apart. */
  readonly #known: FieldBlock[] = [];
  #unknown = 0;
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
    this.block = new FieldBlock([], this.#names);
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
    const known = this.#known[headers.length];
    let length = known === undefined ? null : known.lengthFor(headers);
    if (length !== null) this.block = known!;
    else {
      this.block = this.#read(headers);
      length = this.block.length;
    }
    this.close = this.block.close || !keep;
    this.#frame(status, length, bodyLength, isHead, httpMinor);
  }

  /** The whole head for the wire, ending in the blank line. */
  get text(): string {
    let framing = "";
    if (this.length >= 0) framing = "Content-Length: " + this.length + "\r\n";
    else if (this.chunked) framing = "Transfer-Encoding: chunked\r\n";
    return "HTTP/1.1 " + this.statusText + this.block.lines + "\r\n" + framing + this.#tail();
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

  #read(headers: HeaderList): FieldBlock {
    const block = new FieldBlock(headers, this.#names);
    // Where every answer has other fields, few are remembered in vain.
    if (headers.length <= MOST_KNOWN && this.#unknown++ % REMEMBERED_OF === 0) {
      block.remember(headers);
      this.#known[headers.length] = block;
    }
    return block;
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
    const { options, hasDate, hasServer } = this.block;
    if (options === "" && !hasDate && !hasServer) return this.close ? this.#closeTail : this.#keepTail;
    return `${hasServer ? "" : this.#server}${hasDate ? "" : this.#dateLine}${this.connectionLine}\r\n`;
  }

  /** "Connection: …" with its line end, for a connection that is kept or closed as decided. */
  get connectionLine(): string {
    const { options } = this.block;
    if (this.close) return `Connection: ${options === "" ? "close" : `close, ${options}`}\r\n`;
    return options === "" ? this.#keepAlive : `Connection: ${options}\r\n`;
  }
}

// --- internal ---

/** Elements of the longest list that is remembered. */
const MOST_KNOWN = 64;

/** Of the lists that were not known, one of so many is remembered. */
const REMEMBERED_OF = 8;
