/**
 * The end of accepting where nobody else will: what waits in the accept queues is taken as the class has room for it, and the listeners are given up
 * once there is nothing left. Until then the class accepts as ever.
 */

/** The part of an acceptor that is used. */
export interface LastCallAcceptor {
  /** The class has room, and waits for a connection. */
  readonly accepting: boolean;
  readonly starved: boolean;
  acceptNow(): boolean;
  close(): void;
}

/** How often is looked, in ms. */
const LOOK_MS = 10;

/** So many looks in a row must find nothing: the handshakes that were under way when the last client was let in take as long as its network does. */
const QUIET_LOOKS = 10;

export class LastCall {
  readonly #acceptor: LastCallAcceptor;
  readonly #timer: NodeJS.Timeout;
  #quiet = 0;

  constructor(acceptor: LastCallAcceptor) {
    this.#acceptor = acceptor;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  // --- internal ---

  #look(): void {
    const acceptor = this.#acceptor;
    // Without room, or descriptors, nobody knows whether something waits.
    if (!acceptor.accepting || acceptor.acceptNow() || acceptor.starved) this.#quiet = 0;
    else if (++this.#quiet >= QUIET_LOOKS) {
      acceptor.close();
      this.end();
    }
  }
}
