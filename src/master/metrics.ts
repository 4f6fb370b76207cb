/** Metrics as a part of the master: the endpoint for Prometheus and what goes to statsd, as the settings in force want them. Nothing is loaded before. */

import { unlinkSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

import { rowOf } from "../base/errors.ts";
import type { StatsdSender } from "../metrics/statsd.ts";
import type { Facts } from "../metrics/facts.ts";
import { residentBytes, snapshotWorkers } from "../ipc/snapshot.ts";
import { parseAddress } from "../net/address.ts";
import { bindOnce, type Bound } from "../net/bind.ts";
import { inodeOf } from "../net/socket-file.ts";
import { daysLeft } from "./certificates.ts";
import type { Extension, MasterContext } from "./extension.ts";
import { reportListeners } from "./control/report.ts";
import { addCounts } from "./tally.ts";
import { version } from "./version.ts";

export class Metrics implements Extension {
  readonly name = "metrics";
  readonly #master: MasterContext;
  #closeEndpoint: (() => void) | null = null;
  /** What the endpoint was opened for, and whether it could not be. */
  #bound: string | null = null;
  #refused = false;
  #statsd: StatsdSender | null = null;
  #statsdFor: unknown = null;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(master: MasterContext) {
    this.#master = master;
  }

  /** Follows the settings, which a reload may have changed, and reports to statsd once a second. */
  async tick(now: number): Promise<void> {
    await this.#followBind();
    await this.#followStatsd();
    if (this.#statsd === null || now - this.#sentAt < SEND_MS) return;
    this.#sentAt = now;
    this.#statsd.send(gather(this.#master));
  }

  async stopped(): Promise<void> {
    this.#closeEndpoint?.();
    this.#statsd?.send(gather(this.#master));
    await this.#statsd?.close();
  }

  // --- internal ---

  async #followBind(): Promise<void> {
    const { metricsBind } = this.#master.settings;
    if (metricsBind === this.#bound && !this.#refused) return;
    const again = metricsBind === this.#bound;
    this.#closeEndpoint?.();
    this.#closeEndpoint = null;
    this.#bound = metricsBind;
    this.#refused = false;
    if (metricsBind !== null) await this.#open(metricsBind, again);
  }

  /** That it cannot be opened never stops a server. It is tried again at each turn: in an upgrade the old master has the address until it leaves. */
  async #open(address: string, again: boolean): Promise<void> {
    const { log, upgrading } = this.#master;
    try {
      const [bound] = await bindOnce(parseAddress(address), { backlog: BACKLOG, deferAcceptSeconds: 0, log });
      const { fd, url } = bound!.listener;
      const { serveMetrics } = await import("../metrics/endpoint.ts");
      const server = serveMetrics({ fd, facts: () => gather(this.#master), log });
      this.#closeEndpoint = () => {
        removeFile(bound!);
        server.close();
        server.closeAllConnections();
      };
      log.info(`Metrics at: ${url.startsWith("unix:") ? url : `${url}/metrics`}`);
    } catch (error) {
      if (rowOf(error) === undefined) throw error;
      this.#refused = true;
      const level = upgrading.predecessor > 0 ? "info" : "error";
      if (!again) log.log(level, `No metrics (--metrics-bind) until the address is free: ${(error as Error).message}`);
    }
  }

  async #followStatsd(): Promise<void> {
    const { statsdHost, statsdPrefix, dogstatsdTags, enableBacklogMetric } = this.#master.settings;
    const wish = [statsdHost, statsdPrefix, dogstatsdTags, enableBacklogMetric];
    if (isDeepStrictEqual(wish, this.#statsdFor)) return;
    const { log } = this.#master;
    this.#statsdFor = wish;
    await this.#statsd?.close();
    this.#statsd = null;
    if (statsdHost === null) return;
    const address = parseAddress(statsdHost);
    // Its setting allows no other kind.
    if (address.kind === "fd") return;
    const { StatsdSender } = await import("../metrics/statsd.ts");
    this.#statsd = new StatsdSender({
      address,
      prefix: statsdPrefix,
      tags: dogstatsdTags,
      backlog: enableBacklogMetric,
      since: this.#sentAt === Number.NEGATIVE_INFINITY ? null : gather(this.#master),
      log,
    });
  }
}

// --- internal ---

/** Turns of the loop come at least once a second, and some come early. */
const SEND_MS = 950;
const BACKLOG = 64;
const STARTED_AT = performance.timeOrigin / 1000;

function gather(master: MasterContext): Facts {
  const { settings, tally, pool, verdicts, log } = master;
  const workers = snapshotWorkers(master.scoreboard, master.now());
  const totals = addCounts([tally.past, ...workers]);
  return {
    version: version(),
    app: settings.app,
    workerClass: settings.workerClass,
    startedAt: STARTED_AT,
    rssBytes: residentBytes("self"),
    target: pool.target,
    started: tally.workers.started,
    workers,
    // A copy: what was is compared with what is.
    exits: { ...verdicts.counts },
    recycled: tally.recycled,
    reloads: tally.reloads,
    acceptQueues: acceptQueues(master),
    certificates: (master.credentials?.certificates ?? []).map((certificate) => ({
      file: certificate.file,
      endsAt: certificate.notAfter.getTime() / 1000,
      daysLeft: daysLeft(certificate),
    })),
    totals: {
      ...totals,
      log: {
        warning: totals.log.warning + log.counts.warning,
        error: totals.log.error + log.counts.error,
        critical: totals.log.critical + log.counts.critical,
        lost: totals.log.lost + log.counts.lost,
      },
    },
  };
}

/** With `reuse_port` several sockets have one address. */
function acceptQueues(master: MasterContext): Facts["acceptQueues"] {
  const sums = new Map<string, { listener: string; length: number; limit: number }>();
  for (const { url, queue } of reportListeners(master)) {
    if (queue === null) continue;
    const { length, limit } = sums.get(url) ?? { length: 0, limit: 0 };
    sums.set(url, { listener: url, length: length + queue.length, limit: limit + queue.limit });
  }
  return [...sums.values()];
}

/** Unless somebody else's has taken its place. */
function removeFile({ listener, inode }: Bound): void {
  if (inode !== null && inodeOf(listener.unixPath) === inode) unlinkSync(listener.unixPath);
}
