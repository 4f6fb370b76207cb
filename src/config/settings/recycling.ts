/** Settings about replacing workers: by HUP, after so many requests, so long a life, or so much memory. */

import { section } from "../setting.ts";
import { integer, memory, seconds } from "../validators.ts";

export const recycling = section("Reload and recycling", {
  maxRequests: {
    type: integer(0),
    default: 0,
    flags: "--max-requests",
    summary: "Requests after which a worker is replaced; 0 is never",
    text: `
How many requests a worker serves before it is replaced, as a remedy for applications that leak memory; 0 turns this off.
The worker serves on until its successor is ready, so it may serve a few more. See also \`maxWorkerMemory\`, which replaces
only workers that have grown.`,
  },
  maxRequestsJitter: {
    type: integer(0),
    default: 0,
    flags: "--max-requests-jitter",
    summary: "Most that is added to max-requests, at random",
    text: `
Each worker adds a random number from 0 to this one to \`maxRequests\`, so that not all of them are due at the same time.`,
  },
  maxWorkerLifetime: {
    type: seconds(),
    default: 0,
    flags: "--max-worker-lifetime",
    summary: "Seconds after which a worker is replaced; 0 is never",
    text: `
How long a worker may live before it is replaced; 0 turns this off. Each worker's own limit is up to 10 % less, at random, so
that workers started together are not due together. As always, the successor is ready before the worker leaves.`,
  },
  maxWorkerMemory: {
    type: memory(),
    default: 0,
    flags: "--max-worker-memory",
    summary: "MiB (or % of the memory) past which a worker is replaced; 0 is off",
    text: `
The resident memory a worker may have, in MiB, or as a percentage (\`20%\`) of the memory that the machine, or the container,
has. It is looked at every two seconds; a worker that is over the limit three times in a row is replaced, the
largest first. Requests are finished, and the successor is ready before. 0 turns this off.

Set it well above what a worker needs: one that is over the limit soon after its start is replaced again and again. All workers, and
\`recycleConcurrency\` more while they are replaced, must fit into the memory there is.`,
  },
  recycleConcurrency: {
    type: integer(1),
    default: 1,
    flags: "--recycle-concurrency",
    summary: "Workers that are replaced at one time when they are due",
    text: `
How many workers that are due (\`maxRequests\`, \`maxWorkerLifetime\`, \`maxWorkerMemory\`) are replaced at one time; the
others serve on until it is their turn. A replacement is over when the old worker is gone, so there are never more than this many workers
beyond \`workers\` for this reason.`,
  },
  reloadSurge: {
    type: integer(0),
    default: 0,
    flags: "--reload-surge",
    summary: "New workers started at one time by a reload; 0 is all",
    text: `
How many new workers a reload (HUP) starts at one time, once the first of them has shown that it can serve. Old workers leave as new
ones become ready, so the number that serves never falls below \`workers\`. 0 starts all at once, which is quickest and needs
memory for twice the workers; 1 needs the least.`,
  },
  drainDelay: {
    type: seconds(),
    default: 0,
    flags: "--drain-delay",
    summary: "Seconds a leaving worker goes on accepting, for load balancers",
    text: `
How long workers that are told to leave go on accepting connections. Meanwhile health checks (\`healthPath\`) get 503 and every
answer ends its connection, so that load balancers that look for either send their requests elsewhere before connections are refused.
It comes before \`gracefulTimeout\`, which begins when it is over. Kubernetes and clouds need 5 to 15 s; where nothing checks,
0 is right.`,
  },
});
