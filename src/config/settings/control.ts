/** Settings about the control socket, for `junicorn ctl` and `junicorn status`. */

import { section } from "../setting.ts";

export const control = section("Control", {});
