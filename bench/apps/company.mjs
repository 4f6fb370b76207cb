/** Says which process answers, and how many other requests it was serving when this one came: alone, under Node's cluster, or in Junicorn. */

import cluster from "node:cluster";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const [port, policy, workers] = process.argv.slice(2);
let active = 0;

async function answer(req, res) {
  const company = active++;
  const ms = Number(new URL(req.url, "http://bench").searchParams.get("ms"));
  if (ms > 0) await sleep(ms);
  active--;
  res.end(JSON.stringify({ pid: process.pid, company }));
}

const inCluster = policy === "round-robin" || policy === "shared";
if (inCluster && cluster.isPrimary) {
  cluster.schedulingPolicy = policy === "shared" ? cluster.SCHED_NONE : cluster.SCHED_RR;
  for (let i = 0; i < Number(workers); i++) cluster.fork();
} else {
  createServer({ keepAliveTimeout: 10_000 }, answer).listen(inCluster ? Number(port) : 8000, "127.0.0.1");
}
