/** Finds where answers end on a connection. It believes the server: what is measured is not under test here. */

/** Called for each answer, with its status and, of the body, what was kept for an error's text. */
export type OnAnswer = (status: number, closes: boolean, text: string) => void;

export class ResponseReader {
  /** The answer to come is to a HEAD: it ends with its head. */
  isHead: boolean;
  readonly #onAnswer: OnAnswer;
  #head = "";
  /** null: the head is being read. */
  #body: "length" | "chunked" | "close" | null = null;
  #left = 0;
  #status = 0;
  #closes = false;
  #inTrailers = false;
  #tail = "";
  #kept = "";

  constructor(onAnswer: OnAnswer, isHead = false) {
    this.#onAnswer = onAnswer;
    this.isHead = isHead;
  }

  read(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#body === null) rest = this.#readHead(rest);
      else if (this.#body === "chunked") return this.#readChunked(rest);
      else rest = this.#readBody(rest);
    }
  }

  /** The connection has ended: true if that ends an answer. */
  end(): boolean {
    if (this.#body !== "close") return false;
    this.#answered();
    return true;
  }

  #readHead(chunk: Buffer): Buffer {
    const before = this.#head.length;
    this.#head += chunk.toString("latin1");
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return NOTHING;
    const head = this.#head.slice(0, end + 2);
    this.#head = "";
    const rest = chunk.subarray(end + 4 - before);
    this.#status = Number(head.slice(9, 12));
    if (this.#status < 200) return rest; // 100 Continue, 103 Early Hints: the answer is to come
    this.#closes = /\r\nconnection: *close\r\n/i.test(head) || head.startsWith("HTTP/1.0");
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (this.isHead || this.#status === 204 || this.#status === 304) this.#answered();
    else if (length !== undefined) {
      this.#left = Number(length);
      this.#body = "length";
      if (this.#left === 0) this.#answered();
    } else this.#body = /\r\ntransfer-encoding:[^\r]*chunked/i.test(head) ? "chunked" : "close";
    return rest;
  }

  #readBody(chunk: Buffer): Buffer {
    this.#keep(chunk);
    if (this.#body === "close") return NOTHING;
    const own = Math.min(this.#left, chunk.length);
    this.#left -= own;
    if (this.#left === 0) this.#answered();
    return chunk.subarray(own);
  }

  /** Sizes of chunks are read from text; what they hold is passed over. Without pipelining an answer ends a piece of input. */
  #readChunked(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const own = Math.min(this.#left, chunk.length - at);
        this.#keep(chunk.subarray(at, at + own));
        this.#left -= own;
        at += own;
        continue;
      }
      const newline = chunk.indexOf(0x0a, at);
      this.#tail += chunk.toString("latin1", at, newline < 0 ? chunk.length : newline + 1);
      if (newline < 0) return;
      at = newline + 1;
      const line = this.#tail.trim();
      this.#tail = "";
      if (this.#inTrailers) {
        if (line !== "") continue;
        this.#inTrailers = false;
        return this.#answered();
      }
      if (line === "") continue; // after a chunk's data
      this.#left = Number.parseInt(line, 16);
      if (this.#left === 0) this.#inTrailers = true;
    }
  }

  #keep(chunk: Buffer): void {
    if (this.#status >= 400 && this.#kept.length < MOST_OF_BODY) this.#kept += chunk.toString("utf8", 0, MOST_OF_BODY);
  }

  #answered(): void {
    const text = this.#kept.trim();
    this.#kept = "";
    this.#body = null;
    this.#onAnswer(this.#status, this.#closes, text);
  }
}

// --- internal ---

const NOTHING = Buffer.alloc(0);
const MOST_OF_BODY = 500;
