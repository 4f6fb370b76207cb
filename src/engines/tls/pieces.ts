/** What is given to a TLS socket at once: a small answer is one record, and a large one goes a little at a time. */

/** The whole as one string, if it is short and ASCII: encoding that is less work for Node than for us. */
export function textOf(head: string, body: string | Uint8Array | null, tail: string): string | null {
  if (body === null) return head + tail;
  if (typeof body !== "string" || body.length > SHORT || Buffer.byteLength(body) !== body.length) return null;
  return head + body + tail;
}

export function piecesOf(head: string, body: string | Uint8Array | null, tail: string): Uint8Array[] {
  const size = body === null ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.length;
  if (typeof body === "string" || size <= PIECE) {
    const whole = Buffer.allocUnsafe(head.length + size + tail.length);
    whole.write(head, 0, "latin1");
    if (typeof body === "string") whole.write(body, head.length, "utf8");
    else if (body !== null) whole.set(body, head.length);
    whole.write(tail, head.length + size, "latin1");
    return [whole];
  }
  return [Buffer.from(head, "latin1"), body!, Buffer.from(tail, "latin1")].filter((piece) => piece.length > 0);
}

/** Takes up to a PIECE off the queue. */
export function nextPiece(queue: Uint8Array[]): Uint8Array {
  const first = queue[0]!;
  if (first.length > PIECE) {
    queue[0] = first.subarray(PIECE);
    return first.subarray(0, PIECE);
  }
  let taken = 1;
  for (let size = first.length; taken < queue.length; taken++) {
    size += queue[taken]!.length;
    if (size > PIECE) break;
  }
  const pieces = queue.splice(0, taken);
  return pieces.length === 1 ? first : Buffer.concat(pieces);
}

// --- internal ---

/** Pieces of this size are encrypted and written; smaller ones are put together, so that a small answer is one record. */
const PIECE = 64 * 1024;

/** So much text, at most, is put together as a string. */
const SHORT = 4096;
