/** Settings about the process as the system sees it: daemon, pid file, user, name, environment. */

import { section } from "../setting.ts";

export const mechanics = section("Server mechanics", {});
