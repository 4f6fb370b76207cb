/** The page that Prometheus reads, made anew from the facts at each scrape. */

import { createRequire } from "node:module";
import type { Registry } from "prom-client";

import { BOUNDS, countOf, cumulative } from "./durations.ts";
import type { Facts } from "./facts.ts";
import { FAMILIES, type Family } from "./families.ts";

// Required, not imported: to import CommonJS, Node starts a lexer in WebAssembly, which costs 3 MiB.
const prometheus = createRequire(import.meta.url)("prom-client") as typeof import("prom-client");

export class PrometheusPage {
  readonly #registry: Registry = new prometheus.Registry();
  /** Those of the scrape at hand: samples are taken before `metrics()` first waits for anything. */
  #facts: Facts | null = null;

  constructor() {
    for (const family of FAMILIES) this.#add(family);
    this.#addDurations();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(facts: Facts): Promise<string> {
    this.#facts = facts;
    return this.#registry.metrics();
  }

  // --- internal ---

  #add({ name, type, help, labels, samples }: Family): void {
    const facts = (): Facts => this.#facts!;
    const common = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (type === "counter")
      new prometheus.Counter({
        ...common,
        collect() {
          this.reset();
          for (const { labels: of, value } of samples(facts())) this.inc(of, value);
        },
      });
    else
      new prometheus.Gauge({
        ...common,
        collect() {
          this.reset();
          // One without labels is 0 by now, which is something else than nothing to say.
          if (labels.length === 0) this.remove();
          for (const { labels: of, value } of samples(facts())) this.set(of, value);
        },
      });
  }

  /** It counts what is observed; ours has been counted already, so it is only shown. */
  #addDurations(): void {
    const name = "junicorn_request_duration_seconds";
    const help = "From the first look at a request to the last byte of its answer";
    const histogram = new prometheus.Histogram({ name, help, buckets: [...BOUNDS], registers: [this.#registry] });
    const values = (): { metricName: string; labels: Record<string, string | number>; value: number }[] => {
      const { latency, latencySumMs } = this.#facts!.totals;
      const count = countOf(latency);
      const below = cumulative(latency);
      return [
        ...BOUNDS.map((le, at) => ({ metricName: `${name}_bucket`, labels: { le }, value: below[at]! })),
        { metricName: `${name}_bucket`, labels: { le: "+Inf" }, value: count },
        { metricName: `${name}_sum`, labels: {}, value: latencySumMs / 1000 },
        { metricName: `${name}_count`, labels: {}, value: count },
      ];
    };
    const shown = async () => ({ name, help, type: "histogram", values: values() });
    // The registry prefers the first of the two for text.
    Object.assign(histogram, { getForPromString: shown, get: shown });
  }
}
