/** The certificates that the master has sent last, before and after there is somebody to use them. */

import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import type { TlsMaterial } from "../tls/material.ts";
import type { HookCaller } from "./hooks.ts";
import type { WorkerTls } from "./tls.ts";

export class WorkerCredentials {
  /** Null: connections are plain. */
  #material: TlsMaterial | null = null;
  #tls: WorkerTls | null = null;

  take(material: TlsMaterial | null): void {
    this.#material = material;
    if (material !== null) this.#tls?.replace(material);
  }

  /** Null where connections are plain: nothing of TLS is loaded then. */
  async open(settings: Settings, log: Log, hooks: HookCaller): Promise<WorkerTls | null> {
    if (this.#material === null) return null;
    const { WorkerTls } = await import("./tls.ts");
    return (this.#tls = new WorkerTls(this.#material, settings, log, hooks.adjustTls()));
  }
}
