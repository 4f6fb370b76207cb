/**
 * Bytes that nobody else has: whoever sends them gives their memory back as soon as they are sent. Left to the collector, some ten answers of megabytes
 * wait for it at a time, and each new one is copied into pages that the kernel has to make first, which costs more than the copy.
 */
export class OwnBytes extends Uint8Array<ArrayBuffer> {
  /** A part of them is nobody's to give back. */
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  /** Copies. What is small is not worth the trouble, and a plain array. */
  static copyOf(bytes: Uint8Array): Uint8Array {
    return OwnBytes.takeOver(new Uint8Array(bytes));
  }

  /** Takes bytes over that have their memory to themselves, if they do and it is worth the trouble. */
  static takeOver(bytes: Uint8Array): Uint8Array {
    const { buffer, byteLength } = bytes;
    if (byteLength <= SMALL || !(buffer instanceof ArrayBuffer) || buffer.byteLength !== byteLength) return bytes;
    return new OwnBytes(buffer as ArrayBuffer);
  }
}

// --- internal ---

const SMALL = 64 * 1024;
