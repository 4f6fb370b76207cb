/**
 * `--reuse-port`: each address has several sockets, its lanes, and the kernel puts each connection into the queue of one. Every worker has all of
 * them; here it is decided who serves which, so that no lane is ever without somebody.
 */

import type { Extension, MasterContext } from "./extension.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export class Lanes implements Extension {
  readonly name = "lanes";
  readonly #master: MasterContext;
  #homes = new Map<WorkerHandle, number>();
  /** What workers were told last. */
  readonly #told = new WeakMap<WorkerHandle, string>();

  constructor(master: MasterContext) {
    this.#master = master;
  }

  /** After each change, for the loop turns then. */
  tick(): void {
    const serving = this.#master.pool.workers.filter((worker) => worker.end === null && worker.phase === "ready");
    const homes = new Map<WorkerHandle, number>();
    // Workers of one release have the same sockets, and leave no lane of them to those of another, which may not have it.
    for (const release of new Set(serving.map((worker) => worker.release))) {
      const members = serving.filter((worker) => worker.release === release);
      const count = Math.max(0, ...release.listeners.all.map(({ lane }) => (lane ?? -1) + 1));
      if (count === 0) continue;
      for (const [worker, home] of assignHomes(members, this.#homes, count)) homes.set(worker, home);
      for (const worker of members) this.#tell(worker, lanesOf(worker, homes, members, count));
    }
    this.#homes = homes;
  }

  // --- internal ---

  #tell(worker: WorkerHandle, lanes: readonly number[]): void {
    const text = lanes.join(",");
    if (this.#told.get(worker) === text) return;
    this.#told.set(worker, text);
    worker.send({ type: "lanes", lanes });
  }
}

/** One lane for each worker. All stay where they are, but for one of two that share a lane while another has nobody. */
export function assignHomes<W>(workers: readonly W[], before: ReadonlyMap<W, number>, count: number): Map<W, number> {
  const homes = new Map<W, number>();
  const population = Array.from({ length: count }, () => 0);
  const settle = (worker: W, lane: number): void => {
    homes.set(worker, lane);
    population[lane]!++;
  };
  for (const worker of workers) {
    const lane = before.get(worker);
    // The oldest has the right to its lane; a younger one may find a free one.
    if (lane !== undefined && lane < count && population[lane] === 0) settle(worker, lane);
  }
  for (const worker of workers) {
    if (homes.has(worker)) continue;
    const least = Math.min(...population);
    const lane = before.get(worker);
    settle(worker, lane !== undefined && population[lane] === least ? lane : population.indexOf(least));
  }
  return homes;
}

/** The worker's own lane, and those that are nobody's. */
function lanesOf<W>(worker: W, homes: ReadonlyMap<W, number>, workers: readonly W[], count: number): number[] {
  const taken = new Set(workers.map((one) => homes.get(one)));
  const all = Array.from({ length: count }, (_, lane) => lane);
  return all.filter((lane) => homes.get(worker) === lane || !taken.has(lane));
}
