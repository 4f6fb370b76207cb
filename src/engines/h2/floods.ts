/**
 * What one session may do beside asking for what it then takes. Each of these costs a client next to nothing, and us a request that nobody waits for, or an
 * answer; nghttp2 and Node have bounds of their own for what never comes to our notice (see docs/http2.md).
 */

import type { RuleName } from "../../http/rules.ts";
import { Allowance, type Allowed } from "./allowance.ts";

export type Flood = Extract<RuleName, "http2-resets" | "http2-refusals" | "http2-pings" | "http2-settings">;

export class Floods {
  readonly #atOnce: number;
  readonly #allowances = new Map<Flood, Allowance>();

  constructor(maxConcurrentStreams: number) {
    // A browser whose page is left resets all streams that it has.
    this.#atOnce = Math.max(200, 2 * maxConcurrentStreams);
  }

  /** Notes one. False: that is too many. */
  allow(flood: Flood): boolean {
    const now = performance.now();
    let allowance = this.#allowances.get(flood);
    if (allowance === undefined) this.#allowances.set(flood, (allowance = new Allowance(this.#allowed(flood), now)));
    return allowance.take(now);
  }

  // --- internal ---

  #allowed(flood: Flood): Allowed {
    switch (flood) {
      case "http2-resets":
        return { atOnce: this.#atOnce, perSecond: 33 };
      case "http2-refusals":
        return { atOnce: this.#atOnce, perSecond: 33 };
      case "http2-pings": // gRPC measures its bandwidth with them
        return { atOnce: 500, perSecond: 50 };
      case "http2-settings":
        return { atOnce: 50, perSecond: 2 };
    }
  }
}
