/** The subcommands: `junicorn NAME …`. Whatever is none of them is an application to serve; a module of such a name is served as `./NAME`. */

export interface Subcommand {
  /** One line for `--help`. */
  readonly summary: string;
  /** Loads its main function, which resolves with the exit status. */
  readonly load: () => Promise<(argv: readonly string[]) => Promise<number>>;
}

export const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map([
  [
    "status",
    { summary: "Show what a running server does", load: async () => (await import("./status/main.ts")).status },
  ],
  ["ctl", { summary: "Ask and command a running server", load: async () => (await import("./ctl/main.ts")).ctl }],
  [
    "doctor",
    { summary: "Check this machine and the settings", load: async () => (await import("./doctor/main.ts")).doctor },
  ],
  [
    "bench",
    { summary: "Measure an app in every worker class", load: async () => (await import("./bench/main.ts")).bench },
  ],
  [
    "tune",
    {
      summary: "Find the worker class that suits an app",
      load: async () => (await import("./tune/main.ts")).tune,
    },
  ],
]);
