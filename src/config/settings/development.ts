/** Settings for those who write the application: reload on change, preload. */

import { section } from "../setting.ts";

export const development = section("Development", {});
