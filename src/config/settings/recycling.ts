/** Settings about replacing workers: by HUP, after so many requests, so long a life, or so much memory. */

import { section } from "../setting.ts";

export const recycling = section("Reload and recycling", {});
