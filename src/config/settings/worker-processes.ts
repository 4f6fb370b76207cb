/** Settings about worker processes: how many, of which class, and how long they may take. */

import { availableCpus } from "../cpus.ts";
import { section } from "../setting.ts";
import { choice, choiceOrModule, integer, numberOr, seconds } from "../validators.ts";

export const workerProcesses = section("Worker processes", {
  workers: {
    type: numberOr(integer(1), "auto", availableCpus),
    default: 1,
    flags: "-w, --workers",
    variable: { name: "WEB_CONCURRENCY" },
    summary: "Worker processes, or auto for one per available CPU",
    text: `
How many worker processes serve the application. \`auto\` is the number of CPUs this process may use: the CPU quota of
its cgroup (containers) and its CPU affinity count, rounded down, at least 1.

For the \`sync\` class this is the number of requests served at one time: 2 to 4 per CPU are usual. For \`async\` one
per CPU is right.`,
  },
  workerClass: {
    type: choiceOrModule("a worker class", "sync", "gthread", "async"),
    default: "sync",
    flags: "-k, --worker-class",
    summary: "How a worker serves: sync, gthread, async, or a module of your own",
    text: `
\`sync\`: one connection at a time per worker and no keep-alive; what a worker does not accept waits in the kernel for
an idle one. It isolates requests from each other, and suits applications that compute. \`gthread\`: many connections at
once, with keep-alive, and a pool of \`threads\` that run the application, one request each at a time; it suits
applications that compute or block, in less memory than as many processes. \`async\`: many connections at
once, with keep-alive; it suits applications that wait for databases and other services, as most Node applications do.

\`sync\` with more than one of \`threads\` becomes \`gthread\`.

A class of your own is named by its module, \`./my-class.ts\` or \`my-package:MyClass\`: see docs/worker-classes.md.`,
  },
  threads: {
    type: integer(1, 256),
    default: 1,
    flags: "--threads",
    summary: "Threads that run the application in a gthread worker",
    text: `
How many threads run the application in each worker of the \`gthread\` class, each with the application loaded once: the
number of requests it serves at one time. More than one make a \`sync\` worker a \`gthread\` one; the \`async\` class has no
use for them. What an application keeps per thread, such as a database client, is told in docs/threads.md.`,
  },
  threadMemoryLimit: {
    type: integer(0),
    default: 0,
    flags: "--thread-memory-limit",
    summary: "JavaScript heap of a gthread thread in MiB; 0 is Node's own limit",
    text: `
Most MiB of JavaScript objects a thread may hold (V8's old generation). One that needs more is ended and replaced; only
its own request fails, with 502. 0 leaves the limit to Node, which allows each thread as much as it would a process.`,
  },
  httpEngine: {
    type: choice("auto", "uws", "llhttp"),
    default: "auto",
    flags: "--http-engine",
    summary: "Which HTTP engine the async class uses",
    text: `
\`auto\`: connections that uWebSockets.js serves as well as any go to it, all others (HTTP/1.0, upgrades, uploads, event
streams, heads that come in pieces) to the llhttp engine of the same worker. Where uWebSockets.js does not load, or another
setting asks for more than it can do, llhttp serves everything, and the log says why. \`llhttp\`: always everything.
\`uws\`: as \`auto\`, but it is an error if uWebSockets.js cannot be used. With TLS \`auto\` means llhttp, and \`uws\` is a choice:
see [tls.md](tls.md#uwebsockets). The other classes always use llhttp.`,
  },
  workerConnections: {
    type: integer(1),
    default: 1000,
    flags: "--worker-connections",
    summary: "Most connections open at once in a worker",
    text: `
How many connections a worker holds open at one time, idle ones included; past it the worker stops accepting until one
closes. The \`sync\` class always has at most one.`,
  },
  timeout: {
    type: seconds(),
    default: 30,
    flags: "-t, --timeout",
    summary: "Seconds a worker may be silent before it is killed",
    text: `
Seconds without a sign of life after which a worker is killed and replaced; 0 turns this off. A worker is silent while
JavaScript blocks its event loop. A \`sync\` worker serves one request at a time, so for it this is also the longest time a
request may take; in the other classes \`requestTimeout\` is. Before the worker is killed, the JavaScript it was running (or
what it waits for) and its requests are written to the error log: see docs/troubleshooting.md.`,
  },
  bootTimeout: {
    type: seconds(),
    default: 60,
    flags: "--boot-timeout",
    summary: "Seconds a worker may take to load the application; 0 is for ever",
    text: `
Seconds from the start of a worker until it has loaded the application and accepts; 0 turns the limit off. A worker that takes longer
is killed as one that cannot boot: a first start ends with status 3, a reload fails and leaves everything as it was. The JavaScript that
runs, or what a top-level \`await\` waits for, is written to the error log before.`,
  },
  gracefulTimeout: {
    type: seconds(),
    default: 30,
    flags: "--graceful-timeout",
    summary: "Seconds a stopping worker has to finish its requests",
    text: `
Seconds workers have to finish the requests they are serving after they were told to stop (TERM, or a reload); what is
left then is cut. Keep it below what the process manager waits before it kills: 10 s in Docker, 30 s in Kubernetes, 90
s in systemd.`,
  },
  keepAlive: {
    type: seconds(),
    default: 2,
    flags: "--keep-alive",
    gunicorn: "keepalive",
    summary: "Seconds an idle connection waits for its next request",
    text: `
Seconds a connection stays open between requests; 0 closes it after each answer. Behind a load balancer or proxy that
keeps connections open set it above that one's idle time (60 s for nginx and AWS), or it will now and then send a
request into a closing connection. The \`sync\` class has no keep-alive.`,
  },
});
