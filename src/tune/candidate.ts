/** One way to run the server: what is tried and, in the end, recommended. */

export const TUNED_CLASSES = ["sync", "gthread", "async"] as const;
export type TunedClass = (typeof TUNED_CLASSES)[number];

export interface Candidate {
  readonly workerClass: TunedClass;
  readonly workers: number;
  /** Of each worker; 1 in all classes but `gthread`. */
  readonly threads: number;
  /** null: as it is set. */
  readonly workerConnections: number | null;
}

/** "sync 4", "gthread 1×8", "async 2": short, and unique among candidates. */
export function nameOf({ workerClass, workers, threads, workerConnections }: Candidate): string {
  const size = workerClass === "gthread" ? `${workers}×${threads}` : String(workers);
  return `${workerClass} ${size}${workerConnections === null ? "" : `, ${workerConnections} connections`}`;
}

/** "gthread with 1 worker of 8 threads". */
export function sentenceOf({ workerClass, workers, threads, workerConnections }: Candidate): string {
  const each = workers === 1 ? "" : " each";
  const parts = [
    `${workerClass} with ${plural(workers, "worker")}`,
    ...(workerClass === "gthread" ? [` of ${plural(threads, "thread")}${each}`] : []),
    ...(workerConnections === null ? [] : [` and ${workerConnections} connections${each}`]),
  ];
  return parts.join("");
}

/** As options of the server. All of them, for whatever a config file says must not be mixed in: threads make `gthread` of a `sync` class. */
export function optionsOf({ workerClass, workers, threads, workerConnections }: Candidate): string[] {
  return [
    ...["--worker-class", workerClass, "--workers", String(workers), "--threads", String(threads)],
    ...(workerConnections === null ? [] : ["--worker-connections", String(workerConnections)]),
  ];
}

/** Requests that can run JavaScript at the same time. */
export function runnable({ workers, threads }: Candidate): number {
  return workers * threads;
}

/** Requests that can be in the application at the same time; no limit worth a name in `async`. */
export function concurrency(candidate: Candidate): number {
  return candidate.workerClass === "async" ? Infinity : runnable(candidate);
}

/** `of` is of the same class and has nothing more than this one. */
export function contains(candidate: Candidate, of: Candidate): boolean {
  return candidate.workerClass === of.workerClass && candidate.workers >= of.workers && candidate.threads >= of.threads;
}

export function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
