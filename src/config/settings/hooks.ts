/** Functions of the config file that are called at points of the server's life. */

import { section } from "../setting.ts";

export const hooks = section("Hooks", {});
