/** What a server costs while it is under load: processor time and memory of its whole tree of processes. */

import { allowedCpus } from "./cpu-list.ts";
import { cpuMicroseconds, machineMicroseconds, memoryOf, ownMicroseconds, residentMiB, treeOf } from "./processes.ts";

export interface Cost {
  readonly cpuMicroseconds: number;
  /** The most that was seen. */
  readonly rssMiB: number;
  /** At the end; 0 where the kernel does not tell. */
  readonly pssMiB: number;
  /** Share of the CPUs that others took, who are neither the server nor the load: what is measured on a machine that is not quiet. */
  readonly othersShare: number;
}

const EVERY_MS = 200;

/** Watches from now on. A process that ends meanwhile takes its processor time with it. */
export class Sampler {
  readonly #pid: number;
  readonly #cpus = allowedCpus();
  readonly #began = performance.now();
  readonly #before: number;
  readonly #others: number;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#before = cpuMicroseconds(treeOf(pid));
    this.#others = this.#machineButUs();
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  stop(): Cost {
    clearInterval(this.#timer);
    const pids = treeOf(this.#pid);
    const server = Math.max(0, cpuMicroseconds(pids) - this.#before);
    const others = this.#machineButUs() - this.#others - server;
    const available = (performance.now() - this.#began) * 1000 * this.#cpus.length;
    const { rssMiB, pssMiB } = memoryOf(pids);
    return {
      cpuMicroseconds: server,
      rssMiB: Math.max(this.#most, rssMiB),
      pssMiB,
      othersShare: Math.min(1, Math.max(0, others / available)),
    };
  }

  /** Clients are our children, and have ended when a run is over. */
  #machineButUs(): number {
    return machineMicroseconds(this.#cpus) - ownMicroseconds();
  }

  #look(): void {
    this.#most = Math.max(this.#most, residentMiB(...treeOf(this.#pid)));
  }
}
