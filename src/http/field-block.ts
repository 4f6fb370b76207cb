/** The application's fields of one answer: checked, told apart from what is the engine's business, and written out. */

import { JunicornError } from "../base/errors.ts";
import type { HeaderList } from "./exchange.ts";
import { FieldKind, parseLength, ValueKind, valueKind, type FieldNames } from "./headers.ts";

/** Declared length meaning "the application gave none". */
export const UNKNOWN_LENGTH = -1;

export class FieldBlock {
  /** The field lines, each after a CRLF, without those that are the engine's business: framing, connection. */
  readonly lines: string;
  /** All of the lines are ASCII. */
  readonly ascii: boolean;
  /** The application gave a Server, or a Date, of its own; they are among the lines. */
  readonly hasServer: boolean;
  readonly hasDate: boolean;
  /** Content-Length, or UNKNOWN_LENGTH. */
  readonly length: number;
  /** The application asks for the end of the connection. */
  readonly close: boolean;
  /** What it put into Connection beside `close` and `keep-alive`. */
  readonly options: string;
  #list: HeaderList = NONE;
  /** Where the value of the only Content-Length is, or -1. */
  readonly #lengthAt: number;
  /** That `under` was asked for last, and what it has made of it. */
  #status = "";
  #text = "";
  #bytes: ArrayBuffer | null = null;

  /** Throws `ERR_RESPONSE_HEADER` for what must not go on the wire. */
  constructor(headers: HeaderList, names: FieldNames) {
    let lines = "";
    let ascii = true;
    let hasServer = false;
    let hasDate = false;
    let length = UNKNOWN_LENGTH;
    let lengths = 0;
    let lengthAt = -1;
    let close = false;
    let options = "";
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!;
      const value = headers[i + 1]!;
      const kind = names.kind(name);
      if (kind < 0) throw badName(name);
      const characters = valueKind(value);
      if (characters !== ValueKind.ASCII) {
        if (characters === ValueKind.FORBIDDEN) throw badValue(name);
        ascii = false;
      }
      switch (kind) {
        case FieldKind.CONTENT_LENGTH:
          length = declaredLength(value, length);
          lengthAt = ++lengths === 1 ? i + 1 : -1;
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
          hasDate = true;
          break;
        case FieldKind.SERVER:
          hasServer = true;
          break;
      }
      lines += "\r\n" + name + ": " + value;
    }
    this.lines = lines;
    this.ascii = ascii;
    this.hasServer = hasServer;
    this.hasDate = hasDate;
    this.length = length;
    this.close = close;
    this.options = options;
    this.#lengthAt = lengthAt;
  }

  /** Keeps a copy of the list it was made of, for `lengthFor`. */
  remember(headers: HeaderList): void {
    this.#list = headers.slice();
  }

  /** What `length` is for a list that is otherwise the same as the one remembered; null if it is another. */
  lengthFor(headers: HeaderList): number | null {
    const list = this.#list;
    const lengthAt = this.#lengthAt;
    if (list.length !== headers.length) return null;
    for (let i = 0; i < list.length; i++) if (list[i] !== headers[i] && i !== lengthAt) return null;
    if (lengthAt < 0 || list[lengthAt] === headers[lengthAt]) return this.length;
    const length = parseLength(headers[lengthAt]!);
    return length < 0 ? null : length;
  }

  /** The lines under a status and a Server field: in latin-1 from the second time on, for text has to be made bytes each time. */
  under(status: string, server: string): string | ArrayBuffer {
    if (status === this.#status) return (this.#bytes ??= latin1Bytes(this.#text));
    this.#status = status;
    this.#bytes = null;
    return (this.#text = status + "\r\nServer: " + server + this.lines);
  }
}

/** An ArrayBuffer of its own: what uWebSockets reads soonest. */
export function latin1Bytes(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, "latin1")).buffer;
}

export function badName(name: string): JunicornError {
  return new JunicornError("ERR_RESPONSE_HEADER", { name: JSON.stringify(name), problem: "the name is not a token" });
}

export function badValue(name: string): JunicornError {
  return new JunicornError("ERR_RESPONSE_HEADER", { name, problem: "the value has a forbidden character" });
}

// --- internal ---

const NONE: HeaderList = [];

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
