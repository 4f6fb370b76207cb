/** What a server costs while it is under load: processor time and memory of its whole tree of processes. */

import { cpuMicroseconds, memoryOf, residentMiB, treeOf } from "./processes.ts";

export interface Cost {
  readonly cpuMicroseconds: number;
  /** The most that was seen. */
  readonly rssMiB: number;
  /** At the end; 0 where the kernel does not tell. */
  readonly pssMiB: number;
}

const EVERY_MS = 200;

/** Watches from now on. A process that ends meanwhile takes its processor time with it. */
export class Sampler {
  readonly #pid: number;
  readonly #before: number;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#before = cpuMicroseconds(treeOf(pid));
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  stop(): Cost {
    clearInterval(this.#timer);
    const pids = treeOf(this.#pid);
    const { rssMiB, pssMiB } = memoryOf(pids);
    return {
      cpuMicroseconds: Math.max(0, cpuMicroseconds(pids) - this.#before),
      rssMiB: Math.max(this.#most, rssMiB),
      pssMiB,
    };
  }

  #look(): void {
    this.#most = Math.max(this.#most, residentMiB(...treeOf(this.#pid)));
  }
}
