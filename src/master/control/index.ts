/** The control socket as a part of the master: opened once workers are up, where the settings in force want it. That it cannot be opened never stops a server. */

import { rowOf } from "../../base/errors.ts";
import { inodeOf } from "../../net/socket-file.ts";
import type { Extension, MasterContext } from "../extension.ts";
import { controlDirectories } from "./places.ts";

/** One that is open. */
interface Opened {
  readonly path: string;
  close(): void;
}

export class Control implements Extension {
  readonly name = "the control socket";
  readonly #master: MasterContext;
  readonly #bornAt: number;
  #opened: Opened | null = null;
  /** What has been done last: nothing is done twice. */
  #done = "";
  /** Where it should be, and another server's is. */
  #taken: string | null = null;

  constructor(master: MasterContext) {
    this.#master = master;
    this.#bornAt = master.now();
  }

  /** Sees to it that the socket is as the settings have it; a reload may have changed them, and another server may have let go of the path. */
  async tick(now: number): Promise<void> {
    const { controlSocket, controlSocketMode, controlSocketDisable } = this.#master.settings;
    const wish = JSON.stringify([controlSocket, controlSocketMode, controlSocketDisable]);
    const free = this.#taken !== null && inodeOf(this.#taken) === null;
    if ((wish === this.#done && !free) || !this.#isTime(now)) return;
    this.#done = wish;
    this.#taken = null;
    this.#opened?.close();
    this.#opened = null;
    if (controlSocketDisable) return;
    this.#opened = (await this.#open(controlSocket)) ?? (controlSocket === null ? null : await this.#open(null));
    if (this.#opened !== null) this.#master.log.info(`Control socket: ${this.#opened.path}`);
  }

  stopped(): void {
    this.#opened?.close();
    this.#opened = null;
  }

  // --- internal ---

  /** The start of the workers is not slowed down by what nobody has asked for yet; but who looks why they do not start is not made to wait either. */
  #isTime(now: number): boolean {
    const { workers } = this.#master.pool;
    return (
      now - this.#bornAt >= PATIENCE_MS || (workers.length > 0 && workers.every(({ phase }) => phase !== "booting"))
    );
  }

  async #open(path: string | null): Promise<Opened | null> {
    const { log, settings, host, upgrading } = this.#master;
    try {
      const [{ openControlSocket }, { serveControl }] = await Promise.all([
        import("./socket.ts"),
        import("./server.ts"),
      ]);
      const mode = Number.parseInt(settings.controlSocketMode, 8);
      const directories = controlDirectories(host.invocation.environment, process.geteuid?.() ?? 0);
      const socket = await openControlSocket({ path, mode, directories });
      const server = serveControl(socket.fd, this.#master);
      return {
        path: socket.path,
        close: () => {
          socket.release();
          server.close();
          server.closeAllConnections();
        },
      };
    } catch (error) {
      if (rowOf(error) === undefined) throw error;
      const instead =
        path === null ? "junicorn ctl and status cannot reach this server" : "it is where ctl finds it by the pid";
      // Amid an upgrade it is to be expected.
      const level = path !== null && upgrading.predecessor > 0 ? "info" : "warning";
      log.log(level, `The control socket cannot be opened (${(error as Error).message}): ${instead}`);
      // A path that nobody holds is not freed by waiting.
      if (path !== null && inodeOf(path) !== null) this.#taken = path;
      return null;
    }
  }
}

const PATIENCE_MS = 1000;
