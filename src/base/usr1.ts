/**
 * USR1 has log files opened anew. Node itself opens a debugger's port on it, unless somebody listens: so main modules call this before they load
 * anything else. What is left is the moment in which Node starts, some 40 ms, and newer versions close that too, by an option.
 */

/** From now on USR1 does nothing by itself, whoever listens to it besides. */
export function keepDebuggerClosed(): void {
  process.on("SIGUSR1", () => {});
}

/** Options for a Node that is to be started: with this one it never opens a debugger's port on USR1. */
export function withoutDebugger(): string[] {
  return process.allowedNodeEnvironmentFlags.has(OPTION) && !process.execArgv.includes(OPTION) ? [OPTION] : [];
}

// --- internal ---

const OPTION = "--disable-sigusr1";
