/** What can be asked of a running master, by signals and by the control socket alike. */

/** Whether it worked; `problem` is written for people. */
export type Outcome =
  /** `warnings`: what was asked for and could not be done by this. */
  { readonly ok: true; readonly warnings?: readonly string[] } | { readonly ok: false; readonly problem: string };

/** `graceful`: requests in flight are finished. `quick`: they are not. */
export type StopMode = "graceful" | "quick";

export interface MasterCommands {
  /** Ends the loop. A later "quick" overrules "graceful". */
  stop(mode: StopMode): void;
  /** Reads the settings again, and replaces the workers by new ones if those can serve. Resolves when the old ones leave, or all is as it was. */
  reload(): Promise<Outcome>;
  /** More or fewer workers, at least one. Returns how many there are to be now. */
  resize(by: number): number;
  /** Starts a second master, of whatever version is installed by now, that takes over when this one is stopped. */
  upgrade(): Promise<Outcome>;
  /** Of a daemon: no worker serves until a reload brings them back; clients wait in the queues. */
  standDown(): void;
  /** Has master and workers open their log files anew. */
  reopenLogs(): void;
}
