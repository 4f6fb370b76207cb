/** Pings peers that are silent, and cuts those that stay so: a client that lost its network does not say goodbye. */

import type { OpenSocket, SocketLimits } from "./limits.ts";

/** What our pings carry, so that the application is not bothered with their answers. */
export const HEARTBEAT = Buffer.from("junicorn");

export class Heartbeat {
  readonly #idleTimeoutMs: number;
  readonly #pingIntervalMs: number;
  readonly #beats = new Map<OpenSocket, Beat>();
  /** As of the last look: exact enough, and nothing need be measured for each message. */
  #now = performance.now();
  readonly #timer: NodeJS.Timeout | null;

  constructor({ idleTimeoutMs, pingIntervalMs }: SocketLimits) {
    this.#idleTimeoutMs = idleTimeoutMs || Infinity;
    this.#pingIntervalMs = pingIntervalMs || Infinity;
    const shortest = Math.min(this.#idleTimeoutMs, this.#pingIntervalMs);
    const everyMs = Math.max(LEAST_MS, Math.min(MOST_MS, shortest / 4));
    this.#timer = shortest === Infinity ? null : setInterval(() => this.#look(), everyMs).unref();
  }

  watch(socket: OpenSocket): void {
    if (this.#timer === null) return;
    const beat: Beat = { heard: performance.now(), pinged: 0 };
    const hear = (): void => {
      beat.heard = this.#now;
    };
    this.#beats.set(socket, beat);
    socket.on("message", hear);
    socket.on("ping", hear);
    socket.on("pong", hear);
    socket.on("close", () => this.#beats.delete(socket));
  }

  // --- internal ---

  #look(): void {
    const now = (this.#now = performance.now());
    for (const [socket, beat] of this.#beats) {
      const silentMs = now - beat.heard;
      if (silentMs >= this.#idleTimeoutMs) socket.terminate();
      else if (silentMs >= this.#pingIntervalMs && now - beat.pinged >= this.#pingIntervalMs) {
        beat.pinged = now;
        socket.ping(HEARTBEAT);
      }
    }
  }
}

interface Beat {
  heard: number;
  pinged: number;
}

const LEAST_MS = 20;
const MOST_MS = 1000;
