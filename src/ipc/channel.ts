/** A worker's end of the IPC channel: typed messages, and word of the master's death. */

import type { MasterMessage, WorkerMessage } from "./protocol.ts";

/** The part of `process` that is used; a fake in tests. */
export type ChannelProcess = Pick<NodeJS.Process, "connected" | "on"> & {
  readonly send?: NodeJS.Process["send"] | undefined;
};

export class MasterChannel<Settings> {
  readonly #process: ChannelProcess;

  constructor(process: ChannelProcess) {
    this.#process = process;
  }

  /** Messages from the master, and `disconnected` when it is gone. */
  listen(onMessage: (message: MasterMessage<Settings>) => void, disconnected: () => void): void {
    this.#process.on("message", onMessage);
    this.#process.on("disconnect", disconnected);
  }

  /** Resolves once the message is in the pipe, or the master is gone: either way a process may exit then without losing it. */
  send(message: WorkerMessage): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#process.connected || this.#process.send === undefined) return resolve();
      this.#process.send(message, undefined, undefined, () => resolve());
    });
  }
}
