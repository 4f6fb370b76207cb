/** What belongs to the name that a client asks for (SNI): names as certificates have them, `*.example.com` for any one label. */

export class ByName<T> {
  readonly #exact = new Map<string, T>();
  /** By what follows the star. */
  readonly #wildcards = new Map<string, T>();

  /** The first to claim a name has it. */
  add(names: readonly string[], value: T): void {
    for (const name of names) {
      const [known, key] = name.startsWith("*.") ? [this.#wildcards, name.slice(1)] : [this.#exact, name];
      if (!known.has(key)) known.set(key, value);
    }
  }

  find(asked: string): T | undefined {
    const name = asked.toLowerCase();
    const dot = name.indexOf(".");
    return this.#exact.get(name) ?? (dot > 0 ? this.#wildcards.get(name.slice(dot)) : undefined);
  }
}
