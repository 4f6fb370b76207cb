/** What the public module `junicorn/app` and the server share in a thread. */

/**
 * Found through the global symbol registry, so that the application's copy of the package and the server's meet even when they are two
 * (a server installed globally, say).
 */
export interface AppContext {
  /** Set by the server: the request being served, or undefined outside of any. */
  requestId: () => string | undefined;
  /** The application wants to know its requests: set by importing the module. Classes that serve many at once follow them only then. */
  wanted: boolean;
  /** To be called, last first, when this thread leaves. */
  readonly exitHandlers: (() => unknown)[];
}

export function appContext(): AppContext {
  const holder = globalThis as { [CONTEXT]?: AppContext };
  return (holder[CONTEXT] ??= { requestId: () => undefined, wanted: false, exitHandlers: [] });
}

/**
 * Calls the exit handlers, the last registered first, and waits for those that return promises. One that fails is the application's
 * problem: it is warned of, and the rest are called. Each is called once, however often this is.
 */
export async function leaveThread(): Promise<void> {
  const { exitHandlers } = appContext();
  for (let handler = exitHandlers.pop(); handler !== undefined; handler = exitHandlers.pop()) {
    try {
      await handler();
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error), "ExitHandlerWarning");
    }
  }
}

// --- internal ---

const CONTEXT: unique symbol = Symbol.for("junicorn.app-context") as never;
