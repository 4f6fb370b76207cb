/**
 * How many arenas the C library (glibc) may make in a process. It would make one for each thread, up to eight a processor; what one thread has freed is then of no use to another, and V8's
 * compiler threads leave much behind. It is told as the process starts, by a variable: V8's threads are at work before anything of ours runs.
 */

/** Of the threads that V8 and libuv have, few allocate at a time. */
export const FEW_ARENAS = 4;

/** For a child, unless its user has said something about the C library's memory. */
export function withFewArenas(environment: Environment): Environment {
  if (environment[LIMIT] !== undefined || environment["GLIBC_TUNABLES"] !== undefined) return environment;
  return { ...environment, [LIMIT]: String(FEW_ARENAS), [OURS]: "1" };
}

/** In that child: the application, and what it starts, do not get to see the variable. */
export function hideFewArenas(): void {
  if (process.env[OURS] === undefined) return;
  delete process.env[OURS];
  delete process.env[LIMIT];
}

// --- internal ---

type Environment = Readonly<Record<string, string | undefined>>;

const LIMIT = "MALLOC_ARENA_MAX";
const OURS = "JUNICORN_ARENAS";
