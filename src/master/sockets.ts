/** The listening sockets as the settings ask for them. */

import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import { parseAddress } from "../net/address.ts";
import { adoptListeners, bindListeners, type BindOptions, type Listeners } from "../net/listeners.ts";
import { identityOf } from "./accounts.ts";
import type { Handover } from "./handover.ts";

/** Sockets that somebody has opened for us; null for none. Throws `ERR_BIND` if one of them does not listen. */
export function adoptSockets({ sockets, predecessor }: Handover): Listeners | null {
  if (sockets.length === 0) return null;
  const adopted = adoptListeners(sockets);
  // The old master serves them all, also those that we do not want.
  adopted.withOthers = predecessor > 0;
  return adopted;
}

/** Binds all addresses, or none. What `current` has of them stays bound. Throws `ERR_BIND`. */
export async function openListeners(
  settings: Settings,
  log: Log,
  current: Listeners | null = null,
): Promise<Listeners> {
  // Sockets from outside win over all that the settings say.
  if (current?.supplied === true) return current;
  const identity = identityOf(settings);
  const options: BindOptions = {
    backlog: settings.backlog,
    log,
    deferAcceptSeconds: deferSeconds(settings),
    umask: settings.umask,
    ...(identity === null ? {} : { owner: identity }),
    ...(settings.reusePort ? { lanes: settings.workers } : {}),
  };
  const listeners = await bindListeners(settings.bind.map(parseAddress), options, current);
  listeners.withOthers = current?.withOthers ?? false;
  return listeners;
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
