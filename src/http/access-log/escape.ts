/** Makes a value that a client or an application chose safe to stand in a log line, also between double quotes. */

/**
 * Printable ASCII stays, `"` and `\` get a backslash, every other byte becomes `\xHH` (as in the logs of Apache and nginx), so a line
 * can neither be broken nor forged, and what was logged can be told exactly. Characters beyond latin-1 show as their UTF-8 bytes.
 */
export function escapeLogValue(value: string): string {
  return UNSAFE.test(value) ? value.replace(UNSAFE_ALL, escapeCharacter) : value;
}

// --- internal ---

const UNSAFE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const UNSAFE_ALL = new RegExp(UNSAFE, "gu");

function escapeCharacter(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  const code = character.codePointAt(0)!;
  if (code <= 0xff) return `\\x${hex(code)}`;
  return Array.from(Buffer.from(character), (byte) => `\\x${hex(byte)}`).join("");
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
