/** A line of the access log: what was the same for the request before is not put together again. */

import type { Exchange } from "../exchange.ts";
import { type Atom, atomsOf } from "./atom.ts";

/**
 * Atoms next to each other that mostly stay the same from one line to the next are one piece, and all pieces are the line: to put strings together, and to make
 * bytes of what is in pieces, is most of what a line costs.
 */
export class Line {
  /** In the order of the format. */
  readonly #atoms: readonly Atom[];
  /** By atom. */
  readonly #pieceOf: readonly Piece[];
  readonly #pieces: readonly Piece[];
  readonly #begin: string;
  #text = "";
  #isInPieces = true;

  /** `literals` are before, between and after the atoms of these names. */
  constructor(names: readonly string[], literals: readonly string[]) {
    this.#begin = literals[0]!;
    this.#atoms = names.flatMap((name, i) => atomsOf(name, literals[i + 1]!));
    const pieces: Piece[] = [];
    this.#pieceOf = this.#atoms.map((atom) => {
      const last = pieces.at(-1);
      if (last !== undefined && atom.isSteady && last.atoms[0]!.isSteady) last.atoms.push(atom);
      else pieces.push(new Piece(atom));
      return pieces.at(-1)!;
    });
    this.#pieces = pieces;
  }

  of(exchange: Exchange, milliseconds: number): string {
    const atoms = this.#atoms;
    let isSame = true;
    for (let i = 0; i < atoms.length; i++) {
      if (!atoms[i]!.look(exchange, milliseconds)) continue;
      this.#pieceOf[i]!.isStale = true;
      isSame = false;
    }
    if (!isSame) this.#renew();
    else if (this.#isInPieces) {
      this.#isInPieces = false;
      this.#text = [this.#begin, ...this.#pieces.map(({ text }) => text)].join(""); // it pays from now on
    }
    return this.#text;
  }

  #renew(): void {
    let text = this.#begin;
    for (const piece of this.#pieces) {
      if (piece.isStale) piece.renew();
      text += piece.text;
    }
    this.#text = text;
    this.#isInPieces = true;
  }
}

// --- internal ---

class Piece {
  readonly atoms: Atom[];
  text = "";
  isStale = true;

  constructor(first: Atom) {
    this.atoms = [first];
  }

  renew(): void {
    this.isStale = false;
    this.text = this.atoms.length === 1 ? this.atoms[0]!.text : this.atoms.map(({ text }) => text).join("");
  }
}
