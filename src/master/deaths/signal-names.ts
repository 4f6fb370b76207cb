/** What the signals that end processes mean, and Node's own exit statuses. */

export const SIGNAL_MEANINGS: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGABRT: "it ended itself because native code found an error, which is on its standard error",
  SIGBUS: "native code used memory that is not there, such as that of a file that became shorter",
  SIGFPE: "native code divided by zero",
  SIGHUP: "its terminal was closed, or somebody sent it",
  SIGILL:
    "the processor met an invalid instruction: V8 or native code has given up, or was built for another processor",
  SIGPIPE: "it wrote to a pipe that nobody reads",
  SIGSEGV: "native code used memory that is not its own",
  SIGSYS: "it made a system call that it may not make (seccomp)",
  SIGTRAP: "V8 or native code has given up",
  SIGXCPU: "its limit of processor time (ulimit -t) was used up",
  SIGXFSZ: "a file grew beyond its limit (ulimit -f)",
};

/** https://nodejs.org/api/process.html#exit-codes, those that a worker can come to. */
export const NODE_STATUSES: Readonly<Record<number, string>> = {
  1: "an error that nobody caught",
  5: "a fatal error in V8",
  6: "a handler of uncaught exceptions that could not be called",
  7: "an error thrown by a handler of uncaught exceptions",
  9: "an invalid option of Node",
  13: "a top-level await that never ended",
};
