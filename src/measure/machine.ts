/** The machine that was measured on, as results carry it. */

import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly linux: string;
  readonly node: string;
  /** Of the minute before. On a machine that is not idle, results are worth less. */
  readonly loadAverage: number;
}

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    linux: release(),
    node: process.version,
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

export function describeMachine(machine: Machine): string {
  const { processor, cores, memoryGiB, linux, node, loadAverage } = machine;
  const busy = loadAverage > BUSY ? `load average ${loadAverage} before it began: not a quiet machine` : "quiet";
  return `${processor}, ${cores} cores, ${memoryGiB} GiB, Linux ${linux}, Node ${node}, ${busy}`;
}

// --- internal ---

const BUSY = 0.7;
