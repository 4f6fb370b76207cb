/** Checks of what the workers need against what there is: descriptors, memory, CPUs. */

import { fail, ok, type Result, type Subject, warn } from "./finding.ts";

const MEBIBYTE = 2 ** 20;

/** What a worker has open besides its connections: modules, pipes, listeners, logs. */
const OWN_FILES = 64;

/** Resident memory of a worker, and of a thread, with next to nothing in its heap. */
const BARE_WORKER = 60 * MEBIBYTE;
const BARE_THREAD = 15 * MEBIBYTE;

export function checkFiles({ settings, machine }: Subject): Result[] {
  const { workerClass, workerConnections } = settings;
  // Node raises the soft limit to the hard one by itself.
  const text = /^Max open files\s+\S+\s+(\S+)/m.exec(machine.read("/proc/self/limits") ?? "")?.[1];
  const most = text === "unlimited" ? Infinity : Number(text ?? NaN);
  if (Number.isNaN(most)) return [ok("this system does not say how many files a process may open")];
  const needed = workerClass === "sync" ? OWN_FILES : workerConnections + OWN_FILES;
  const howTo = (files: number): string =>
    `LimitNOFILE=${files} in systemd, docker run --ulimit nofile=${files}, or ulimit -n ${files} in the shell that starts it`;
  if (most < needed)
    return [
      fail(
        `a worker may open ${most} files, and needs ${needed} for its ${workerClass === "sync" ? "own use" : `${workerConnections} connections (worker_connections)`}: it stops accepting before that`,
        `${howTo(2 * needed)}${workerClass === "sync" || most <= OWN_FILES ? "" : `; or --worker-connections ${most - OWN_FILES}`}`,
      ),
    ];
  // Databases and other services are connections, too.
  if (workerClass !== "sync" && most < 2 * workerConnections)
    return [
      warn(
        `a worker may open ${most} files: enough for its ${workerConnections} connections, but not for one more each that the application opens`,
        howTo(2 * workerConnections + OWN_FILES),
      ),
    ];
  return [ok(`a worker may open ${most === Infinity ? "any number of" : most} files, and needs ${needed}`)];
}

export function checkMemory({ settings, machine }: Subject): Result[] {
  const { workers, workerClass, threads, threadMemoryLimit, maxWorkerMemory, rawEnv } = settings;
  const { memoryBytes } = machine;
  const heap = heapOf(rawEnv) ?? machine.heapBytes;
  const inThreads = workerClass === "gthread" ? threads : 0;
  const threadHeap = threadMemoryLimit > 0 ? threadMemoryLimit * MEBIBYTE : heap;
  // In the gthread class the main thread has no application.
  const most = inThreads > 0 ? BARE_WORKER + inThreads * (threadHeap + BARE_THREAD) : BARE_WORKER + heap;
  const least = workers * (BARE_WORKER + inThreads * BARE_THREAD);
  const there = `${inMiB(memoryBytes)} ${machine.memoryIsLimited ? "that this container has" : "of this machine"}`;
  if (least > memoryBytes)
    return [
      fail(
        `${described(settings)} need ${inMiB(least)} before the application has stored anything, more than the ${there}`,
        `--workers ${Math.max(1, Math.floor((workers * memoryBytes * 0.5) / least))}, or more memory`,
      ),
    ];
  if (workers * most <= memoryBytes)
    return [ok(`${described(settings)} can grow to ${inMiB(workers * most)}, of the ${there}`)];
  if (maxWorkerMemory > 0 && workers * maxWorkerMemory * MEBIBYTE <= memoryBytes)
    return [
      ok(`max_worker_memory replaces workers past ${maxWorkerMemory} MiB: ${workers} of them fit into the ${there}`),
    ];
  return [
    warn(
      `${described(settings)} may grow to ${inMiB(most)} each before V8 says no, ${inMiB(workers * most)} in all, of the ${there}: the kernel would kill one without a word (OOM)`,
      memoryFix((memoryBytes * 0.8) / workers, workers, inThreads),
    ),
  ];
}

export function checkCpus({ settings, machine }: Subject): Result[] {
  const { workers, workerClass, threads } = settings;
  const { cpus, cpuQuota } = machine;
  const results: Result[] = [];
  if (cpuQuota !== null && cpuQuota < 1)
    results.push(
      warn(
        `the CPU quota is ${cpuQuota}: a worker that computes is stopped for ${Math.round((1 - cpuQuota) * 100)} of each 100 ms`,
        "a quota of at least one CPU per worker, or none (requests without a limit, in Kubernetes)",
      ),
    );
  const atOnce = workers * (workerClass === "gthread" ? threads : 1);
  const perCpu = workerClass === "async" ? 1 : MOST_PER_CPU;
  const have = `${cpus} CPU${cpus === 1 ? "" : "s"}${cpuQuota === null ? "" : ` (the quota is ${cpuQuota})`}`;
  if (atOnce > perCpu * cpus)
    results.push(
      warn(
        `${described(settings)} share ${have}: ${workerClass === "async" ? "one per CPU is right for this class" : `more than ${MOST_PER_CPU} at once per CPU get in each other's way`}`,
        workerClass === "gthread"
          ? `fewer --workers or --threads: ${perCpu * cpus} threads in all at most`
          : workerClass === "async"
            ? "--workers auto"
            : `--workers ${perCpu * cpus} at most`,
      ),
    );
  else if (workers < cpus && workerClass !== "gthread")
    results.push(ok(`${described(settings)}, ${have}: --workers auto would use them all`));
  else results.push(ok(`${described(settings)}, ${have}`));
  return results;
}

// --- internal ---

const MOST_PER_CPU = 4;

/** With less an application hardly starts. */
const LEAST_HEAP = 32 * MEBIBYTE;

/** `share` is what each worker may have, in bytes. */
function memoryFix(share: number, workers: number, threads: number): string {
  const heap = threads > 0 ? (share - BARE_WORKER) / threads - BARE_THREAD : share - BARE_WORKER;
  const fit = Math.floor((workers * share) / (BARE_WORKER + Math.max(1, threads) * (BARE_THREAD + LEAST_HEAP)));
  const fewer = fit > 0 ? `--workers ${fit}, or ` : threads > 1 ? "fewer --threads, or " : "";
  if (heap < LEAST_HEAP) return `${fewer}more memory: this leaves too little for what applications store`;
  const heapLimit = threads > 0 ? "--thread-memory-limit " : "--env NODE_OPTIONS=--max-old-space-size=";
  // A percentage is a whole number.
  const workerLimit = workers <= 80 ? `${Math.floor(80 / workers)}%` : String(mebibytes(share));
  return `${heapLimit}${mebibytes(heap)}, which tells V8 what there is; or --max-worker-memory ${workerLimit}, which replaces workers that have grown`;
}

function described({ workers, workerClass, threads }: Subject["settings"]): string {
  const of = workerClass === "gthread" ? ` of ${threads} thread${threads === 1 ? "" : "s"}` : "";
  return `${workers} worker${workers === 1 ? "" : "s"}${of}`;
}

/** What `--env NODE_OPTIONS=…` says of the heap, in bytes. */
function heapOf(rawEnv: readonly string[]): number | null {
  const options = rawEnv.findLast((entry) => entry.startsWith("NODE_OPTIONS=")) ?? "";
  const size = /--max[-_]old[-_]space[-_]size[= ](\d+)/.exec(options)?.[1];
  return size === undefined ? null : Number(size) * MEBIBYTE;
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE)} MiB`;
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / MEBIBYTE);
}
