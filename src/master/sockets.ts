/** The listening sockets as the settings ask for them. */

import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import { parseAddress } from "../net/address.ts";
import { bindListeners, type Listeners } from "../net/listeners.ts";

/** Binds all addresses, or none. Throws `ERR_BIND`. */
export function openListeners(settings: Settings, log: Log): Promise<Listeners> {
  return bindListeners(settings.bind.map(parseAddress), {
    backlog: settings.backlog,
    log,
    deferAcceptSeconds: deferSeconds(settings),
  });
}

// --- internal ---

/** The kernel repeats its SYN-ACK while it waits, and gives up after about a minute. */
const MOST_DEFER_SECONDS = 30;

/**
 * How long the kernel may keep a connection to itself until its first bytes are here. In the sync class a silent client would keep a worker from its
 * work, so as long as it may be silent at all; elsewhere just long enough that most requests are there to be looked at when the connection is.
 */
function deferSeconds({ workerClass, headerTimeout }: Settings): number {
  if (workerClass !== "sync") return 1;
  return Math.ceil(Math.min(headerTimeout || MOST_DEFER_SECONDS, MOST_DEFER_SECONDS));
}
