/** The first message of a TLS client, as it comes over the wire: what it offers, before anybody has answered (RFC 8446, 4.1.2). */

export interface ClientHello {
  /** The name of the host that is wanted (SNI), or "". */
  readonly serverName: string;
  /** Names of application protocols (ALPN). */
  readonly protocols: readonly string[];
  /** By their numbers on the wire: versions as the extension lists them, which clients older than TLS 1.3 do not send; groups; cipher suites. */
  readonly versions: readonly number[];
  readonly groups: readonly number[];
  readonly suites: readonly number[];
}

/** Null unless `bytes` begin with one whole and well-formed message, in one record. */
export function readClientHello(bytes: Buffer): ClientHello | null {
  try {
    return read(new Reader(bytes));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Whether `bytes` may be the beginning of one that is not here as a whole yet. */
export function isHelloBegun(bytes: Buffer): boolean {
  if (bytes.length === 0) return true;
  return bytes[0] === HANDSHAKE_RECORD && (bytes.length < 5 || bytes.length - 5 < bytes.readUInt16BE(3));
}

// --- internal ---

const HANDSHAKE_RECORD = 0x16;
const CLIENT_HELLO = 1;
const RANDOM_BYTES = 32;
const HOST_NAME = 0;

/** Numbers of extensions. */
const SERVER_NAME = 0;
const GROUPS = 10;
const PROTOCOLS = 16;
const VERSIONS = 43;

function read(bytes: Reader): ClientHello | null {
  if (bytes.number(1) !== HANDSHAKE_RECORD) return null;
  bytes.number(2); // a version that means nothing
  const record = bytes.block(2);
  if (record.number(1) !== CLIENT_HELLO) return null;
  const message = record.block(3);
  if (!record.atEnd) return null;
  message.number(2); // the oldest way to name a version
  message.skip(RANDOM_BYTES);
  message.block(1); // a session's id
  const suites = message.block(2).numbers(2);
  message.block(1); // compressions
  const hello = { serverName: "", protocols: NOTHING, versions: NO_NUMBERS, groups: NO_NUMBERS, suites };
  if (message.atEnd) return hello;
  const extensions = message.block(2);
  while (!extensions.atEnd) {
    const kind = extensions.number(2);
    const extension = extensions.block(2);
    if (kind === SERVER_NAME) hello.serverName = hostNameIn(extension.block(2));
    else if (kind === PROTOCOLS) hello.protocols = extension.block(2).texts();
    else if (kind === GROUPS) hello.groups = extension.block(2).numbers(2);
    else if (kind === VERSIONS) hello.versions = extension.block(1).numbers(2);
  }
  return hello;
}

const NOTHING: readonly string[] = [];
const NO_NUMBERS: readonly number[] = [];

function hostNameIn(list: Reader): string {
  while (!list.atEnd) {
    const kind = list.number(1);
    const name = list.block(2);
    if (kind === HOST_NAME) return name.text;
  }
  return "";
}

/** Reads past the end throw a RangeError. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  get text(): string {
    return this.#bytes.toString("latin1");
  }

  number(size: 1 | 2 | 3): number {
    const value = this.#bytes.readUIntBE(this.#at, size);
    this.#at += size;
    return value;
  }

  skip(size: number): void {
    if (size > this.#bytes.length - this.#at) throw new RangeError("past the end");
    this.#at += size;
  }

  /** What follows a length of so many bytes. */
  block(lengthSize: 1 | 2 | 3): Reader {
    const length = this.number(lengthSize);
    const start = this.#at;
    this.skip(length);
    return new Reader(this.#bytes.subarray(start, this.#at));
  }

  /** All that is left. */
  numbers(size: 2): number[] {
    const all: number[] = [];
    while (!this.atEnd) all.push(this.number(size));
    return all;
  }

  texts(): string[] {
    const all: string[] = [];
    while (!this.atEnd) all.push(this.block(1).text);
    return all;
  }
}
