/**
 * Captures the server of a program that calls `listen()` itself, so that it runs unmodified: the first HTTP server that asks to listen is not
 * bound, yet believes it is, and Junicorn serves it on its own sockets.
 *
 * What follows: the same server's other addresses (Fastify binds every address of "localhost" by a server of its own) and other servers of the
 * application that is served are not bound either. Any other server is bound for real, with a warning, for every worker will try the same.
 */

import type { Server } from "node:http";
import { Server as NetServer, type AddressInfo } from "node:net";
import { isServer } from "../adapters/node/is-server.ts";
import { ipFamily } from "../base/ip-family.ts";

/** What the capture replaces, for as long as it is installed. `_listen2` is where every form of `listen` arrives with its address resolved. */
interface Listening {
  listen(...args: unknown[]): Server;
  _listen2(
    address: string | null,
    port: number,
    addressType: number,
    backlog: number,
    fd?: number,
    flags?: number,
  ): void;
}

type ListenArguments = Parameters<Listening["_listen2"]>;

interface ListeningServer extends Server {
  _handle: object | null;
  _connectionKey?: string;
}

/** Where the servers of node:http and node:https have both methods from. */
const prototype = NetServer.prototype as unknown as Listening;

export class ListenCapture {
  readonly #warn: (message: string) => void;
  readonly #captured: Promise<Server>;
  #resolve!: (server: Server) => void;
  #server: Server | null = null;
  /** The port the captured server asked for; undefined until its address is known. */
  #port: number | undefined;
  /** The exported application that is served; null while a server is waited for. */
  #app: unknown = null;
  /** Node's own methods, while they are replaced. */
  #real: Listening = prototype;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
    this.#captured = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** The captured server so far. */
  get server(): Server | null {
    return this.#server;
  }

  /** Resolves with the captured server, if there ever is one. */
  captured(): Promise<Server> {
    return this.#captured;
  }

  install(): void {
    this.#real = { listen: prototype.listen, _listen2: prototype._listen2 };
    const real = this.#real;
    const claim = (server: Server): void => this.#claim(server);
    const arrived = (server: ListeningServer, args: ListenArguments): void => this.#arrived(server, args);
    prototype.listen = function (this: Listening & Server, ...args) {
      if (isServer(this)) claim(this);
      return real.listen.apply(this, args);
    };
    prototype._listen2 = function (this: Listening & ListeningServer, ...args) {
      if (isServer(this)) arrived(this, args);
      else real._listen2.apply(this, args);
    };
  }

  /** The application is found: no further server is captured, but those of `app` are kept from binding. */
  settle(app: unknown): void {
    this.#app = app;
  }

  /** Puts Node's own methods back. */
  uninstall(): void {
    Object.assign(prototype, this.#real);
  }

  /** In the order of the calls to `listen`: the address may be resolved later. */
  #claim(server: Server): void {
    if (this.#server !== null || this.#app !== null) return;
    this.#server = server;
    this.#resolve(server);
  }

  #arrived(server: ListeningServer, args: ListenArguments): void {
    const [address, port, addressType] = args;
    if (this.#isOurs(server, port)) this.#pretend(server, address, port, addressType);
    else this.#bind(server, args);
  }

  #isOurs(server: Server, port: number): boolean {
    if (server === this.#server || server === this.#app) return true;
    if (this.#app !== null && server.listeners("request").includes(this.#app as () => void)) return true;
    return this.#port !== undefined && this.#port > 0 && port === this.#port;
  }

  #pretend(server: ListeningServer, address: string | null, port: number, addressType: number): void {
    if (server._handle !== null) (server._handle as { close?: () => void }).close?.(); // listen(handle): it is not ours to use
    const shown = port === 0 ? PLAUSIBLE_PORT : port;
    if (server === this.#server) this.#port = shown;
    server._handle = new PretendedHandle(address, shown, addressType);
    server._connectionKey = `${addressType}:${address}:${port}`;
    process.nextTick(announce, server);
  }

  #bind(server: Server, args: ListenArguments): void {
    const [address, port] = args;
    const where = port >= 0 ? `${address ?? "*"}:${port}` : String(address);
    this.#warn(
      `the application's second server, on ${where}, is not served by Junicorn: it is bound in this worker, and every worker will try the same`,
    );
    server.prependOnceListener("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE")
        this.#warn(`the application's server on ${where} runs in another worker or process: ${error.message}`);
      else if (server.listenerCount("error") === 0) throw error;
    });
    this.#real._listen2.apply(server, args);
  }
}

// --- internal ---

/** Shown by `address()` to a server that asked for any free port. */
const PLAUSIBLE_PORT = 8000;

function announce(server: ListeningServer): void {
  if (server._handle !== null) server.emit("listening");
}

/** Stands where Node keeps the listening socket, so that `address()`, `listening`, `close()`, `ref()` and `unref()` work as they are. */
class PretendedHandle {
  readonly #address: string | null;
  readonly #port: number;
  readonly #family: string;
  /** Node looks for it: only TCP servers have an address, the others a path. */
  readonly getsockname: ((out: Partial<AddressInfo>) => number) | undefined;

  constructor(address: string | null, port: number, addressType: number) {
    this.#address = address ?? "::";
    this.#port = port;
    this.#family = addressType === 6 || ipFamily(this.#address) === 6 ? "IPv6" : "IPv4";
    this.getsockname =
      port < 0
        ? undefined
        : (out) => {
            Object.assign(out, { address: this.#address, family: this.#family, port: this.#port });
            return 0;
          };
  }

  close(): void {}
  ref(): void {}
  unref(): void {}
  hasRef(): boolean {
    return false;
  }
  fchmod(): number {
    return 0;
  }
  getAsyncId(): number {
    return 0;
  }
}
