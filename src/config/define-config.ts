/** For config files: types and completion in an editor. */

import type { UserConfig } from "./settings/index.ts";

/** What a config file's default export may be. */
export type ConfigExport = UserConfig | (() => UserConfig | Promise<UserConfig>);

/** Returns what it is given; it is there for its parameter's type. */
export function defineConfig<const Config extends ConfigExport>(config: Config): Config {
  return config;
}
