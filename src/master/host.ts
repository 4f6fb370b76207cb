/** What the master is given of the process that it runs in: the command line knows it, this layer reads no environment. */

import type { SettingName, Settings } from "../config/settings/index.ts";
import type { Environment, Invocation } from "./invocation.ts";

export interface MasterHost {
  readonly invocation: Invocation;
  /** Settings that a reload does not change. */
  readonly restartOnly: readonly SettingName[];
  /** Settings whose values are shown to nobody. */
  readonly secret: readonly SettingName[];
  /** The variables of `--env`: set in this process, or only in a child. */
  readonly variables: {
    export(entries: readonly string[]): void;
    /** Sets one that children get as well, for good. */
    hand(name: string, value: string): void;
    with(entries: readonly string[]): Environment;
  };
  /**
   * Reads all settings again, as they are now. `current` are those in force. Whatever comes of it, environment and working directory are as before.
   * An error is a JunicornError, with file and line.
   */
  reread(current: Settings): Promise<Settings>;
}
