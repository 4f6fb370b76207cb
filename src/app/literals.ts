/** Reads the literal arguments of a factory call on the command line. Nothing is evaluated. */

/** The values of a comma-separated list of JavaScript literals, or null if there is anything else in it. */
export function parseLiterals(text: string): unknown[] | null {
  const reader = new Reader(text);
  try {
    return reader.list("");
  } catch (error) {
    if (error === NOT_A_LITERAL) return null;
    throw error;
  }
}

// --- internal ---

const NOT_A_LITERAL = new Error("not a literal");

const WORDS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null, undefined: undefined };

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", v: "\v", "0": "\0" };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Values up to `close` ("": the end of the text); a trailing comma is allowed. */
  list(close: string): unknown[] {
    const values: unknown[] = [];
    while (!this.#closes(close)) {
      values.push(this.#value());
      if (this.#closes(close)) break;
      this.#take(",");
    }
    return values;
  }

  #value(): unknown {
    const start = this.#peek();
    if (start === '"' || start === "'") return this.#string();
    if (start === "[") {
      this.#take("[");
      return this.list("]");
    }
    if (start === "{") return this.#object();
    const word = this.#match(/[A-Za-z]+/y);
    if (word !== "" && Object.hasOwn(WORDS, word)) return WORDS[word];
    const number = word === "" ? this.#match(/[+-]?(?:0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y) : "";
    if (number === "") throw NOT_A_LITERAL;
    return number.startsWith("-") ? -Number(number.slice(1)) : Number(number);
  }

  #object(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#take("{");
    while (!this.#closes("}")) {
      const start = this.#peek();
      const key = start === '"' || start === "'" ? this.#string() : this.#match(/[\w$]+/y);
      if (key === "" && start !== '"' && start !== "'") throw NOT_A_LITERAL;
      this.#take(":");
      entries.push([key, this.#value()]);
      if (this.#closes("}")) break;
      this.#take(",");
    }
    return Object.fromEntries(entries);
  }

  #string(): string {
    const quote = this.#text[this.#at++];
    let value = "";
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === undefined || char === "\n") throw NOT_A_LITERAL;
      if (char === quote) return value;
      if (char !== "\\") value += char;
      else value += this.#escape();
    }
  }

  #escape(): string {
    const code = this.#match(/x([\da-fA-F]{2})|u([\da-fA-F]{4})/y);
    if (code !== "") return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const char = this.#text[this.#at++];
    if (char === undefined) throw NOT_A_LITERAL;
    return ESCAPES[char] ?? char;
  }

  #peek(): string {
    this.#match(/\s*/y);
    return this.#text[this.#at] ?? "";
  }

  /** Takes `close` if it is next. */
  #closes(close: string): boolean {
    if (this.#peek() !== close) return false;
    this.#at += close.length;
    return true;
  }

  #take(char: string): void {
    if (this.#peek() !== char) throw NOT_A_LITERAL;
    this.#at++;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}
