/**
 * Node's TLS servers of one generation of certificates: one for each. A single one can be given another certificate when it knows which name is asked for, but it
 * keeps its own beside that, and where one has an RSA key and the other is for ECDSA the client gets the kind that it prefers, whatever its name. So
 * the name is read from the client's first message, and decides on the server.
 */

import type { Socket } from "node:net";
import { createSecureContext, type Server, type TlsOptions } from "node:tls";

import { isHelloBegun, readClientHello, type ClientHello } from "../../tls/client-hello.ts";
import type { Contexts } from "../../tls/contexts.ts";

export class TlsServers {
  readonly contexts: Contexts;
  readonly #make: (options: TlsOptions) => Server;
  readonly #byOptions = new Map<TlsOptions, Server>();
  /** For a first message in several records: only Node understands it, and then chooses the certificate. */
  readonly #late: TlsOptions;

  constructor(contexts: Contexts, make: (options: TlsOptions) => Server) {
    this.contexts = contexts;
    this.#make = make;
    const choose: TlsOptions["SNICallback"] = (name, done) => done(null, createSecureContext(contexts.choose(name)));
    this.#late = { ...contexts.fallback, SNICallback: choose };
    this.#serverFor(contexts.fallback);
  }

  /** Begins the handshake, sooner or later. `lost`: the connection was closed before its first message was here. */
  take(raw: Socket, lost: () => void): void {
    const { contexts } = this;
    if (!contexts.several) return void this.#serverFor(contexts.fallback).emit("connection", raw);
    whenHello(raw, lost, (hello) => {
      this.#serverFor(hello === null ? this.#late : contexts.choose(hello.serverName)).emit("connection", raw);
    });
  }

  // --- internal ---

  #serverFor(options: TlsOptions): Server {
    let server = this.#byOptions.get(options);
    if (server === undefined) this.#byOptions.set(options, (server = this.#make(options)));
    return server;
  }
}

// --- internal ---

/** Waits for a first message as a whole, and puts it back; null: it is none, or not all in one record. */
function whenHello(raw: Socket, lost: () => void, done: (hello: ClientHello | null) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    if (isHelloBegun(bytes)) return;
    raw.pause();
    raw.off("data", read).off("close", lost);
    raw.unshift(bytes);
    done(readClientHello(bytes));
  };
  raw.on("data", read).on("close", lost);
}
