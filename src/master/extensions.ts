/** The table of extensions: what is not wanted is not loaded. */

import type { Extension, MasterContext } from "./extension.ts";

/** Gives the extension, or null where the settings do not ask for it. */
type Maker = (master: MasterContext) => Promise<Extension | null>;

/** In the order in which they hear of each moment. */
const MAKERS: readonly Maker[] = [
  async (master) => (master.settings.logSyslog ? new (await import("./syslog.ts")).MasterSyslog(master) : null),
  async (master) => (await import("./output-capture.ts")).outputCapture(master),
  async (master) => (master.settings.daemon ? (await import("./daemon.ts")).daemonExtension(master) : null),
  async (master) => new (await import("./process-traits.ts")).ProcessTraits(master),
  async (master) => new (await import("./pidfile-extension.ts")).PidfileExtension(master),
  async (master) => new (await import("./sharing.ts")).Sharing(master),
  async (master) => new (await import("./lanes.ts")).Lanes(master),
  async (master) => (process.pid === 1 ? new (await import("./orphans.ts")).Orphans(master) : null),
  async (master) => (await import("./systemd.ts")).systemdExtension(master, master.host.invocation.environment),
  async (master) =>
    master.settings.preloadApp && !master.settings.reload ? (await import("./preload.ts")).preload(master) : null,
  async (master) => (await import("./hooks.ts")).masterHooks(master),
  async (master) => (master.settings.reload ? (await import("./dev-reload.ts")).devReload(master) : null),
  async (master) => new (await import("./control/index.ts")).Control(master),
  async (master) => new (await import("./certificates.ts")).Certificates(master),
  async (master) => new (await import("./metrics.ts")).Metrics(master),
  async () => new (await import("./housekeeping.ts")).Housekeeping(),
];

export async function extensionsFor(master: MasterContext): Promise<Extension[]> {
  const made = await Promise.all(MAKERS.map((make) => make(master)));
  return made.filter((extension) => extension !== null);
}
