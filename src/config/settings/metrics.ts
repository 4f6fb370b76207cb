/** Settings about metrics, for Prometheus and statsd. */

import { metricsAddress, statsdAddress, statsdPrefix, tags } from "../metrics-validators.ts";
import { section } from "../setting.ts";
import { optional, toggle } from "../validators.ts";

export const metrics = section("Metrics", {
  metricsBind: {
    type: optional(metricsAddress()),
    default: null,
    flags: "--metrics-bind",
    summary: "Address at which Prometheus finds metrics, such as 127.0.0.1:9400",
    text: `
Where the master answers \`GET /metrics\` in the text format of Prometheus: \`HOST:PORT\`, \`:PORT\` for every IPv4 interface, or
\`unix:PATH\`. [metrics.md](metrics.md) lists what it tells. Nothing is counted for it that is not counted anyway, and workers are not asked.

Whoever can connect can read it, so choose an address that only your monitoring reaches. If the address is in use the server runs without metrics, says so, and takes the
address once it is free.`,
  },
  statsdHost: {
    type: optional(statsdAddress()),
    default: null,
    flags: "--statsd-host",
    summary: "Where statsd listens: HOST:PORT or unix:PATH",
    text: `
Sends metrics to statsd once a second, as UDP datagrams to \`HOST:PORT\` or as datagrams to the unix socket at \`PATH\`, under the names that Gunicorn has
([metrics.md](metrics.md)). Datagrams that nobody takes are lost, and never slow the server down.`,
  },
  statsdPrefix: {
    type: statsdPrefix(),
    default: "",
    flags: "--statsd-prefix",
    summary: "What stands before the names of statsd metrics",
    text: `
Put before each name, with a dot between them: with \`shop\`, \`gunicorn.requests\` is sent as \`shop.gunicorn.requests\`.`,
  },
  dogstatsdTags: {
    type: tags(),
    default: [],
    flags: "--dogstatsd-tags",
    summary: "Tags for DogStatsD, with commas between, such as env:prod,team:shop",
    text: `
Added to each metric that goes to statsd. Only DogStatsD and what speaks its dialect understand tags; leave it empty for others.`,
  },
  enableBacklogMetric: {
    type: toggle(),
    default: false,
    flags: "--enable-backlog-metric",
    summary: "Send how many connections wait to be accepted to statsd",
    text: `
Sends \`gunicorn.backlog\` to statsd: how many connections wait in the accept queues of all listeners together. Prometheus is always told, by listener.`,
  },
});
