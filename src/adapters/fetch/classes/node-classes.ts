/**
 * Node's own fetch classes, from before ours took their names. The light classes build one of these whenever something rare is asked of
 * them, and stand in front of their prototypes, so that `instanceof` holds both ways.
 *
 * Node loads them when their globals are first read, which costs 15 ms and 5 MiB: they are not read before somebody needs one.
 */

export type ClassName = "Request" | "Response" | "Headers";

export interface NodeClasses {
  readonly Request: typeof globalThis.Request;
  readonly Response: typeof globalThis.Response;
  readonly Headers: typeof globalThis.Headers;
}

/** The globals as they were, to be put back. */
export const nodeGlobals: Readonly<Record<ClassName | "fetch", PropertyDescriptor>> = {
  Request: descriptorOf("Request"),
  Response: descriptorOf("Response"),
  Headers: descriptorOf("Headers"),
  fetch: descriptorOf("fetch"),
};

export const nodeFetch = globalThis.fetch;

/** Node's classes, loaded now if they were not. From then on the prototypes of ours inherit from theirs. */
export function nodeClasses(): NodeClasses {
  return (loaded ??= load());
}

/** Gives a light class the looks of its Web IDL interface: enumerable members, a string tag, and Node's prototype above. Static members stay our own. */
export function dressAs(light: LightClass, name: ClassName): void {
  Object.defineProperty(light, "name", { value: name, configurable: true });
  for (const key of Object.getOwnPropertyNames(light.prototype)) {
    if (key !== "constructor") Object.defineProperty(light.prototype, key, { enumerable: true });
  }
  Object.defineProperty(light.prototype, Symbol.toStringTag, { value: name, configurable: true });
  dressed.set(name, light);
  if (loaded !== undefined) link(light, loaded[name]);
}

/** `instanceof` for a light class: ours and Node's alike; a subclass of ours keeps the ordinary rule. */
export function isInstance(asked: unknown, light: LightClass, name: ClassName, value: unknown): boolean {
  if (asked !== light) return ordinaryHasInstance.call(asked as CallableFunction, value);
  if (typeof value !== "object" || value === null) return false;
  if (isPrototypeOf.call(light.prototype, value)) return true;
  // What wears the tag is Node's most likely; then Node has loaded its classes, and asking for them costs nothing.
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return tag === name && isPrototypeOf.call(nodeClasses()[name].prototype, value);
}

// --- internal ---

interface LightClass {
  readonly prototype: object;
  readonly name: string;
}

const { isPrototypeOf } = Object.prototype;
const ordinaryHasInstance = Function.prototype[Symbol.hasInstance];

const dressed = new Map<ClassName, LightClass>();
let loaded: NodeClasses | undefined;

function load(): NodeClasses {
  const classes: NodeClasses = {
    Request: read("Request") as NodeClasses["Request"],
    Response: read("Response") as NodeClasses["Response"],
    Headers: read("Headers") as NodeClasses["Headers"],
  };
  for (const [name, light] of dressed) link(light, classes[name]);
  return classes;
}

function link(light: LightClass, node: { readonly prototype: object }): void {
  Object.setPrototypeOf(light.prototype, node.prototype);
}

/** Node's getter replaces the global by the class it has loaded, whatever the global is by then: that is undone. */
function read(name: ClassName): unknown {
  const { get, value } = nodeGlobals[name];
  if (get === undefined) return value;
  const now = Object.getOwnPropertyDescriptor(globalThis, name);
  const found: unknown = get.call(globalThis);
  if (now === undefined) Reflect.deleteProperty(globalThis, name);
  else Object.defineProperty(globalThis, name, now);
  return found;
}

function descriptorOf(name: ClassName | "fetch"): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(globalThis, name) ?? { value: undefined, configurable: true };
}
