/** A served application as the frameworks' tests see it: asked over raw connections, its answers reduced to what must not differ between servers. */

import { RawClient, request, type RawResponse } from "../raw-client.ts";
import { poll } from "../poll.ts";
import { valueOf } from "../response-parser.ts";

/** An answer without what is the server's own business. */
export interface Seen {
  readonly status: number;
  readonly reason: string;
  /** Sorted, spelled as on the wire. */
  readonly headers: string[];
  readonly body: string;
  /** Content-Length. */
  readonly length: string | undefined;
  /** It ends by its length or its last chunk, by its head, or with the connection. */
  readonly ending: "framed" | "head" | "close";
  readonly cut: boolean;
}

export interface Watch {
  readonly act: (client: RawClient, hears: (event: string) => Promise<unknown>) => Promise<unknown>;
  readonly patterns: readonly RegExp[];
  /** Over a connection that served a request before. */
  readonly used: boolean;
  readonly headers: Record<string, string> | undefined;
}

const OWN = new Set(["date", "server", "connection", "keep-alive", "content-length", "transfer-encoding"]);
const ENDINGS = { none: "head", length: "framed", chunked: "framed", close: "close" } as const;

export class Site {
  readonly port: number;
  /** A connection serves more than one request. */
  readonly keepsAlive: boolean;
  /** It answers while another request is pending. */
  readonly isConcurrent: boolean;
  /** It can send interim answers. */
  readonly sendsHints: boolean;
  readonly #client: RawClient | null;
  static #ids = 0;

  constructor(
    port: number,
    { keepsAlive = true, isConcurrent = true, sendsHints = true } = {},
    client: RawClient | null = null,
  ) {
    this.port = port;
    this.keepsAlive = keepsAlive;
    this.isConcurrent = isConcurrent;
    this.sendsHints = sendsHints;
    this.#client = client;
  }

  /** For the answer as it came; see `ask`. */
  async askRaw(line: string, headers: Record<string, string> = {}, body: string | Buffer = ""): Promise<RawResponse> {
    const client = this.#client ?? (await RawClient.connect(this.port));
    try {
      const length = { "Content-Length": String(body.length) };
      const head = request(line, body.length > 0 ? { ...headers, ...length } : headers);
      await client.send(Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body as string)]));
      return await client.read(line.split(" ", 1)[0]);
    } finally {
      if (this.#client === null) client.destroy();
    }
  }

  /** One request, over a connection of its own unless this site is one of `reusing`. */
  async ask(line: string, headers?: Record<string, string>, body?: string | Buffer): Promise<Seen> {
    return seen(await this.askRaw(line, headers, body));
  }

  /** The same site over one connection for all requests, where it keeps connections. */
  async reusing<T>(work: (site: Site) => Promise<T>): Promise<T> {
    if (!this.keepsAlive) return work(this);
    const client = await RawClient.connect(this.port);
    try {
      return await work(new Site(this.port, this, client));
    } finally {
      client.destroy();
    }
  }

  /** Asks for a watched route, does `act` on the connection, and resolves with what the application heard, once that matches all `patterns`. */
  async watch(line: string, { act, patterns, used, headers }: Watch): Promise<{ result: unknown; heard: string[] }> {
    const id = `${process.pid}.${Site.#ids++}`;
    const client = await RawClient.connect(this.port);
    let heard: string[] = [];
    const hears = (all: readonly RegExp[]): Promise<unknown> =>
      poll(
        async () => {
          heard = JSON.parse((await this.ask(`GET /raw/heard?id=${id}`)).body) as string[];
          return all.every((pattern) => heard.some((event) => pattern.test(event)));
        },
        { what: () => `${all.join()} in ${JSON.stringify(heard)}` },
      );
    try {
      if (used && this.keepsAlive) {
        await client.send(request("GET /raw/body/empty"));
        await client.read();
      }
      await client.send(request(`${line}?id=${id}`, headers));
      const result = await act(client, async (event) => {
        if (this.isConcurrent) await hears([new RegExp(event)]);
      });
      client.destroy();
      await hears(patterns);
      return { result, heard };
    } finally {
      client.destroy();
    }
  }
}

export function seen(response: RawResponse): Seen {
  const { status, reason, framing, cut, body } = response;
  const headers = response.headers
    .filter(([name]) => !OWN.has(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted();
  const length = valueOf(response, "content-length");
  return { status, reason, headers, body: body.toString("latin1"), length, ending: ENDINGS[framing], cut };
}

/** Our answers, without the lengths that they have beyond Node's: it sends what follows `writeHead()` in chunks, be it a single `end()`. */
export function forgiveLength(ours: unknown, nodes: unknown): unknown {
  if (typeof ours !== "object" || ours === null || typeof nodes !== "object" || nodes === null) return ours;
  if ("ending" in nodes && "length" in nodes && nodes.length === undefined) return { ...ours, length: undefined };
  if (Array.isArray(ours)) return ours.map((item: unknown, i) => forgiveLength(item, (nodes as unknown[])[i]));
  const entries = Object.entries(ours) as [string, unknown][];
  return Object.fromEntries(
    entries.map(([key, value]) => [key, forgiveLength(value, (nodes as Record<string, unknown>)[key])]),
  );
}

/** A multipart form of one field and one file; the file is the same bytes every time, and made once. */
export function multipart(size: number): Form {
  let form = forms.get(size);
  if (form === undefined) forms.set(size, (form = makeForm(size)));
  return form;
}

// --- internal ---

interface Form {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

const forms = new Map<number, Form>();

function makeForm(size: number): Form {
  const boundary = "----junicorn-test";
  const part = (disposition: string): string => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`;
  return {
    headers: { "Content-Type": `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([
      Buffer.from(`${part('name="title"')}\r\nHoliday\r\n`),
      Buffer.from(`${part('name="file"; filename="sea.bin"')}Content-Type: application/octet-stream\r\n\r\n`),
      Buffer.alloc(size, "the sea, the sea\r\n--"),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}
