/** A strict reader of HTTP/1 answers, written apart from the product: it shares no code with what it judges. */

export interface RawResponse {
  status: number;
  httpMinor: number;
  reason: string;
  /** In order, names as on the wire. */
  headers: [string, string][];
  body: Buffer;
  /** Chunk sizes of a chunked body, without the last. */
  chunks: number[];
  trailers: [string, string][];
  /** Answers of status 1xx that came before. */
  interim: { status: number; headers: [string, string][] }[];
  framing: "none" | "length" | "chunked" | "close";
  /** The body was not completed before the connection closed. */
  cut: boolean;
}

export class ResponseParser {
  readonly response: RawResponse = {
    status: 0,
    httpMinor: 0,
    reason: "",
    headers: [],
    body: Buffer.alloc(0),
    chunks: [],
    trailers: [],
    interim: [],
    framing: "none",
    cut: false,
  };
  done = false;
  readonly #method: string;
  #state: "head" | "length" | "chunk-size" | "chunk-data" | "trailers" | "close" = "head";
  #left = 0;
  #body: Buffer[] = [];

  constructor(method: string) {
    this.#method = method;
  }

  /** Takes what it can of `data`; returns how many bytes were used. */
  feed(data: Buffer): number {
    let position = 0;
    while (!this.done) {
      const used = this.#step(data.subarray(position));
      if (used < 0) break;
      position += used;
    }
    return position;
  }

  /** The connection is closed: an answer that ends by closing is complete now, any other is cut. */
  finish(error: Error | null): RawResponse {
    if (this.#state === "head") throw new Error(`closed without an answer${error ? `: ${error.message}` : ""}`);
    if (this.#state !== "close" || error) this.response.cut = true;
    this.#complete();
    return this.response;
  }

  describe(): string {
    const { status, headers } = this.response;
    const size = this.#body.reduce((sum, part) => sum + part.length, 0);
    return `${this.#state}, status ${status}, ${JSON.stringify(headers)}, ${size} bytes of body`;
  }

  /** Bytes used by one step, or -1 when more are needed. */
  #step(data: Buffer): number {
    switch (this.#state) {
      case "head":
        return this.#head(data);
      case "chunk-size":
        return this.#chunkSize(data);
      case "trailers":
        return this.#trailers(data);
      case "length":
      case "chunk-data":
      case "close":
        return this.#data(data);
    }
  }

  #head(data: Buffer): number {
    const end = data.indexOf("\r\n\r\n");
    if (end < 0) return -1;
    const [line = "", ...fields] = data.toString("latin1", 0, end).split("\r\n");
    const match = /^HTTP\/1\.([01]) ([1-5]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/.exec(line);
    if (!match) throw new Error(`bad status line ${JSON.stringify(line)}`);
    const status = Number(match[2]);
    const headers = fields.map(parseField);
    if (status < 200 && status !== 101) {
      this.response.interim.push({ status, headers });
      return end + 4;
    }
    Object.assign(this.response, { status, httpMinor: Number(match[1]), reason: match[3], headers });
    this.#frame();
    return end + 4;
  }

  #frame(): void {
    const { status } = this.response;
    const encodings = valuesOf(this.response, "transfer-encoding");
    const lengths = valuesOf(this.response, "content-length");
    if (encodings.length > 0 && lengths.length > 0) throw new Error("both Transfer-Encoding and Content-Length");
    if (lengths.length > 1) throw new Error("repeated Content-Length");
    if (lengths[0] !== undefined && !/^\d+$/.test(lengths[0])) throw new Error(`bad Content-Length ${lengths[0]}`);
    if ((status === 204 || status < 200) && encodings.length + lengths.length > 0) {
      throw new Error(`framing fields on a ${status}`);
    }
    if (this.#method === "HEAD" || status === 204 || status === 304 || status === 101) return this.#complete();
    if (encodings.length > 0) {
      if (encodings.join() !== "chunked") throw new Error(`Transfer-Encoding ${encodings.join()}`);
      if (this.response.httpMinor === 0) throw new Error("chunked in HTTP/1.0");
      this.response.framing = "chunked";
      this.#state = "chunk-size";
    } else if (lengths[0] !== undefined) {
      this.response.framing = "length";
      this.#state = "length";
      this.#left = Number(lengths[0]);
      if (this.#left === 0) this.#complete();
    } else {
      this.response.framing = "close";
      this.#state = "close";
      this.#left = Infinity;
    }
  }

  #data(data: Buffer): number {
    if (this.#left > 0) {
      if (data.length === 0) return -1;
      const part = data.subarray(0, Math.min(this.#left, data.length));
      this.#body.push(part);
      this.#left -= part.length;
      if (this.#left === 0 && this.#state === "length") this.#complete();
      return part.length;
    }
    if (data.length < 2) return -1;
    if (data.toString("latin1", 0, 2) !== "\r\n") throw new Error("no CRLF after a chunk");
    this.#state = "chunk-size";
    return 2;
  }

  #chunkSize(data: Buffer): number {
    const end = data.indexOf("\r\n");
    if (end < 0) return -1;
    const line = data.toString("latin1", 0, end);
    if (!/^[0-9a-fA-F]+$/.test(line)) throw new Error(`bad chunk size ${JSON.stringify(line)}`);
    this.#left = Number.parseInt(line, 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk-data";
    if (this.#left > 0) this.response.chunks.push(this.#left);
    return end + 2;
  }

  #trailers(data: Buffer): number {
    const end = data.indexOf("\r\n");
    if (end < 0) return -1;
    if (end === 0) this.#complete();
    else this.response.trailers.push(parseField(data.toString("latin1", 0, end)));
    return end + 2;
  }

  #complete(): void {
    this.response.body = Buffer.concat(this.#body);
    this.done = true;
  }
}

/** All values of a field, by lower-case name. */
export function valuesOf(response: RawResponse, name: string): string[] {
  return response.headers.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
}

/** The one value of a field; undefined without one, an error if it is repeated. */
export function valueOf(response: RawResponse, name: string): string | undefined {
  const values = valuesOf(response, name);
  if (values.length > 1) throw new Error(`${name} is repeated: ${values.join(" | ")}`);
  return values[0];
}

// --- internal ---

function parseField(line: string): [string, string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line);
  if (!match) throw new Error(`bad field line ${JSON.stringify(line)}`);
  return [match[1] ?? "", match[2] ?? ""];
}
