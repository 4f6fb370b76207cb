/** Prototype chains of applications, led through the adapter's prototypes. */

/**
 * Makes the prototype chain of `object`, which ends in `base`, pass through `ours` just before it. Node's real messages may share the chain: the
 * methods of `ours` must let them pass. False if the chain does not reach `base` or cannot be changed.
 */
export function leadThrough(object: object, base: object, ours: object): boolean {
  let below = object;
  for (;;) {
    const above = Object.getPrototypeOf(below) as object | null;
    if (above === ours) return true;
    if (above === null) return false;
    if (above === base) return Reflect.setPrototypeOf(below, ours);
    below = above;
  }
}
