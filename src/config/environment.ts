/** The environment as something that is changed: what is for this process alone is taken out, what the settings ask for is put in. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of a process and what Junicorn has changed in it. */
export class ProcessVariables {
  readonly #env: Record<string, string | undefined>;
  /** What the exported variables were before. */
  readonly #before = new Map<string, string | undefined>();

  /** Changes `env` in place: `process.env`, or anything like it in tests. */
  constructor(env: Record<string, string | undefined>) {
    this.#env = env;
  }

  /** The environment as it is now, whatever becomes of it later. */
  snapshot(): Environment {
    return { ...this.#env };
  }

  /** Takes variables out, so that neither the application nor any other child sees them. */
  remove(names: readonly string[]): void {
    for (const name of names) delete this.#env[name];
  }

  /** Sets `NAME=VALUE` entries, and takes back those of the last call. */
  export(entries: readonly string[]): void {
    for (const [name, value] of this.#before) put(this.#env, name, value);
    this.#before.clear();
    for (const [name, value] of parse(entries)) {
      this.#before.set(name, this.#env[name]);
      this.#env[name] = value;
    }
  }

  /** Sets a variable for good: this process's children get it, too. */
  hand(name: string, value: string): void {
    this.#env[name] = value;
  }

  /** The environment without what was exported, and with these instead: for a child, whose settings may be other than ours. */
  with(entries: readonly string[]): Environment {
    const env: Record<string, string | undefined> = { ...this.#env };
    for (const [name, value] of this.#before) put(env, name, value);
    return Object.assign(env, Object.fromEntries(parse(entries)));
  }
}

// --- internal ---

/** The last of several for one name counts. */
function parse(entries: readonly string[]): Map<string, string> {
  return new Map(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

function put(env: Record<string, string | undefined>, name: string, value: string | undefined): void {
  if (value === undefined) delete env[name];
  else env[name] = value;
}
