/** Node's checks of response fields, at a tenth of their price for fields that pass. What does not is left to Node, which knows the error to throw. */

import { validateHeaderName, validateHeaderValue } from "../../base/node-http.ts";
import { isFieldValue, isToken } from "../../http/headers.ts";

/** Names that one application has set, each with its lower-case form. Bounded, since applications may make names up. */
export class FieldNames {
  readonly #seen = new Map<string, string>();

  /** In lower case. Throws Node's error for what is no name. */
  lower(name: string): string {
    return this.#seen.get(name) ?? this.#learn(name);
  }

  #learn(name: string): string {
    if (typeof name !== "string" || !isToken(name)) validateHeaderName(name);
    const lower = name.toLowerCase();
    if (this.#seen.size < 1024) this.#seen.set(name, lower);
    return lower;
  }
}

/** Throws Node's error for a value that must not go on the wire. */
export function checkValue(name: string, value: unknown): void {
  if (typeof value === "number" || (typeof value === "string" && isFieldValue(value))) return;
  validateHeaderValue(name, value as string);
}
