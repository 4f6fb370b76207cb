/** The control socket as a part of the master: opened once workers are up, closed at the end. That it cannot be opened never stops a server. */

import { rowOf } from "../../base/errors.ts";
import type { Extension, MasterContext } from "../extension.ts";
import { controlDirectories } from "./places.ts";
import type { ControlSocket } from "./socket.ts";

export class Control implements Extension {
  readonly name = "the control socket";
  readonly #master: MasterContext;
  #phase: "waiting" | "open" | "closed" = "waiting";
  #socket: ControlSocket | null = null;
  #close: () => void = () => {};
  readonly #bornAt: number;

  constructor(master: MasterContext) {
    this.#master = master;
    this.#bornAt = master.now();
  }

  /** The start of the workers is not slowed down by what nobody has asked for yet; but who looks why they do not start is not made to wait either. */
  async tick(now: number): Promise<void> {
    const { pool } = this.#master;
    const up = pool.workers.length > 0 && pool.workers.every((worker) => worker.phase !== "booting");
    if (this.#phase !== "waiting" || (!up && now - this.#bornAt < PATIENCE_MS)) return;
    this.#phase = "open";
    await this.#open();
  }

  stopped(): void {
    this.#phase = "closed";
    this.#close();
    this.#socket?.release();
  }

  async #open(): Promise<void> {
    const { log, settings } = this.#master;
    try {
      const [{ openControlSocket }, { serveControl }] = await Promise.all([
        import("./socket.ts"),
        import("./server.ts"),
      ]);
      const mode = Number.parseInt(settings.controlSocketMode, 8);
      const directories = controlDirectories({}, process.geteuid?.() ?? 0);
      this.#socket = await openControlSocket({ path: settings.controlSocket, mode, directories });
      const server = serveControl(this.#socket.fd, this.#master);
      this.#close = () => {
        server.close();
        server.closeAllConnections();
      };
      log.info(`Control socket: ${this.#socket.path}`);
    } catch (error) {
      if (rowOf(error) === undefined) throw error;
      log.warning(
        `No control socket, so junicorn ctl and status cannot reach this server: ${(error as Error).message}`,
      );
    }
  }
}

const PATIENCE_MS = 1000;
