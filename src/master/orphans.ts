/** Process 1 of a container inherits every process whose parent ends, and must take their statuses when they end, or they stay for ever as zombies. */

import { readdirSync, readFileSync } from "node:fs";

import { native } from "../native.ts";
import type { Extension, MasterContext } from "./extension.ts";

/** The part of the system that is used; a fake in tests. */
export interface Children {
  /** Zombies whose parent is this process. */
  zombies(): number[];
  reap(pid: number): boolean;
}

export class Orphans implements Extension {
  readonly name = "orphans";
  readonly #master: Pick<MasterContext, "log" | "now">;
  readonly #children: Children;
  readonly #watch = (): void => void (this.#due = true);
  /** Zombies of the last look → when they were first seen. */
  #seen = new Map<number, number>();
  #due = true;

  constructor(master: Pick<MasterContext, "log" | "now">, children: Children = SYSTEM) {
    this.#master = master;
    this.#children = children;
  }

  starting(): void {
    process.on("SIGCHLD", this.#watch);
  }

  /**
   * Children that Node has started are Node's to reap, and it does so at once; one that is still a zombie a second later is nobody's.
   * So no list of our own children is needed, which would miss those that a hook starts.
   */
  tick(now: number): void {
    if (!this.#due && this.#seen.size === 0) return;
    this.#due = false;
    const before = this.#seen;
    this.#seen = new Map(this.#children.zombies().map((pid) => [pid, before.get(pid) ?? now]));
    for (const [pid, since] of this.#seen) {
      if (now - since < PATIENCE_MS) continue;
      this.#seen.delete(pid);
      if (this.#children.reap(pid)) this.#master.log.debug(`Reaped process ${pid}, whose parent had ended before it`);
    }
  }

  stopped(): void {
    process.off("SIGCHLD", this.#watch);
  }
}

// --- internal ---

const PATIENCE_MS = 900;

const SYSTEM: Children = {
  zombies: () =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && isOurZombie(name))
      .map(Number),
  reap: (pid) => native().reap(pid),
};

function isOurZombie(pid: string): boolean {
  try {
    // "pid (command) state ppid …"; the command may hold spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" && Number(parent) === process.pid;
  } catch {
    return false; // gone meanwhile
  }
}
