/** Node's checks of response fields, at a tenth of their price for fields that pass. What does not is left to Node, which knows the error to throw. */

import { validateHeaderName, validateHeaderValue } from "../../base/node-http.ts";
import { isFieldValue, isToken } from "../../http/headers.ts";

/** A name that an application has set. */
interface Known {
  readonly lower: string;
  /** The last value that was good: most are the same again, and to compare costs less than to look at every character. */
  good: string;
}

/** Names that one application has set. Bounded, since applications may make names up. */
export class FieldNames {
  readonly #seen = new Map<string, Known>();

  /** Checks a field, and gives its name in lower case. Throws Node's errors for what is no name, and for a value that must not go on the wire. */
  check(name: string, value: unknown): string {
    const known = this.#seen.get(name) ?? this.#learn(name);
    if (value === known.good || typeof value === "number") return known.lower;
    if (Array.isArray(value)) for (const one of value) checkValue(name, one);
    else if (typeof value === "string" && isFieldValue(value)) known.good = value;
    else validateHeaderValue(name, value as string);
    return known.lower;
  }

  #learn(name: string): Known {
    if (typeof name !== "string" || !isToken(name)) validateHeaderName(name);
    const known = { lower: name.toLowerCase(), good: "" };
    if (this.#seen.size < 1024) this.#seen.set(name, known);
    return known;
  }
}

// --- internal ---

function checkValue(name: string, value: unknown): void {
  if (typeof value === "number" || (typeof value === "string" && isFieldValue(value))) return;
  validateHeaderValue(name, value as string);
}
