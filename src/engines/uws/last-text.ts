/** The text that was answered last, as bytes: many answers are the one before them again, and uWebSockets would measure and convert each. */

/** Longer ones are rarely the same, and would be kept for nothing. */
const LONGEST = 4096;

export class LastText {
  #text = "";
  #bytes: ArrayBuffer | null = null;

  /** In UTF-8 from the second time on. */
  bytesOf(text: string): string | ArrayBuffer {
    if (text === "" || text.length > LONGEST) return text;
    if (text === this.#text) return (this.#bytes ??= new Uint8Array(Buffer.from(text)).buffer);
    this.#text = text;
    this.#bytes = null;
    return text;
  }
}
