/**
 * The end of accepting where nobody else will: what waits in the accept queues is taken as the class has room for it, and the listeners are given up
 * once there is nothing left. Until then the class accepts as ever.
 */

/** The part of an acceptor that is used. */
export interface LastCallAcceptor {
  /** The class has room, and waits for a connection. */
  readonly accepting: boolean;
  readonly starved: boolean;
  readonly gated: boolean;
  /** Clients that connected before the gate was closed may still be about to send their requests. Not for every look: it costs. */
  readonly expectant: boolean;
  acceptNow(): boolean;
  closeGate(): void;
  close(): void;
}

/** How often is looked, in ms. */
const LOOK_MS = 10;

/**
 * So many looks in a row must find nothing, and then nobody may be expected: a client is connected when it has heard from the kernel, and its request
 * takes as long as its network and itself do. Where newcomers cannot be kept out that is not waited for, since there may always be another.
 */
const QUIET_LOOKS = { gated: 10, ungated: 1 } as const;

export class LastCall {
  readonly #acceptor: LastCallAcceptor;
  readonly #timer: NodeJS.Timeout;
  #quiet = 0;

  constructor(acceptor: LastCallAcceptor) {
    this.#acceptor = acceptor;
    acceptor.closeGate();
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
    else if (++this.#quiet < (acceptor.gated ? QUIET_LOOKS.gated : QUIET_LOOKS.ungated)) return;
    // Nobody is expected and nothing waits, in this order: whoever was expected may wait now.
    else if (acceptor.gated && (acceptor.expectant || acceptor.acceptNow())) this.#quiet = 0;
    else {
      acceptor.close();
      this.end();
    }
  }
}
