/**
 * Node's own fetch classes, captured before ours take their names. The light classes build one of these whenever something
 * rare is asked of them, and stand in front of their prototypes, so that `instanceof` holds both ways.
 */

export const NodeRequest = globalThis.Request;
export const NodeResponse = globalThis.Response;
export const NodeHeaders = globalThis.Headers;
export const nodeFetch = globalThis.fetch;

/**
 * Gives a light class the looks of its Web IDL interface: enumerable members, a string tag, and a prototype that
 * inherits from Node's. Static members stay our own.
 */
export function dressAs(
  light: { readonly prototype: object; readonly name: string },
  node: { readonly prototype: object },
  name: string,
): void {
  Object.defineProperty(light, "name", { value: name, configurable: true });
  for (const key of Object.getOwnPropertyNames(light.prototype)) {
    if (key !== "constructor") Object.defineProperty(light.prototype, key, { enumerable: true });
  }
  Object.defineProperty(light.prototype, Symbol.toStringTag, { value: name, configurable: true });
  Object.setPrototypeOf(light.prototype, node.prototype);
}

/** `instanceof` for a light class: ours and Node's alike; a subclass of ours keeps the ordinary rule. */
export function isInstance(
  asked: unknown,
  light: unknown,
  node: { readonly prototype: object },
  value: unknown,
): boolean {
  if (asked === light) return typeof value === "object" && value !== null && isPrototypeOf.call(node.prototype, value);
  return ordinaryHasInstance.call(asked as CallableFunction, value);
}

// --- internal ---

const { isPrototypeOf } = Object.prototype;
const ordinaryHasInstance = Function.prototype[Symbol.hasInstance];
