/** Where the suite's things are. */

import { fileURLToPath } from "node:url";

export const SUITE_APPS = fileURLToPath(new URL("../apps/suite", import.meta.url));
export const PEERS = fileURLToPath(new URL("../peers", import.meta.url));
export const RESULTS = fileURLToPath(new URL("../results", import.meta.url));
/** What installs the peers that npm carries. */
export const INSTALL_PEERS = "npm run bench -- --install-peers";
