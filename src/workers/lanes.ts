/** Which lanes of the listeners this worker serves: the master says so, before or after there is somebody to accept. */

/** The part of an acceptor that is used. */
export interface LaneAcceptor {
  /** Listeners of these lanes, and those that are no lanes. */
  serve(lanes: readonly number[]): void;
}

export class ServedLanes {
  #acceptor: LaneAcceptor | null = null;
  #lanes: readonly number[] = [];

  attach<A extends LaneAcceptor>(acceptor: A): A {
    this.#acceptor = acceptor;
    acceptor.serve(this.#lanes);
    return acceptor;
  }

  set(lanes: readonly number[]): void {
    this.#lanes = lanes;
    this.#acceptor?.serve(lanes);
  }
}
